import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDataset } from '../src/dataset/index.js';
import {
  displacementAt,
  generatePhantom,
  oracleAccuracy,
  type PhantomOptions,
  type PhantomTruth,
  phantomClasses,
  readTruth,
} from '../src/phantom/index.js';
import { readVolume, sameGrid, type Volume, voxelToWorld } from '../src/volume/index.js';

const phases = ['NC', 'ART', 'PV'] as const;
const options = {
  lesions: { cyst: 1, fnh: 1, hcc: 1, hem: 1 },
  seed: 6,
  size: [96, 96, 12],
  workers: 0,
} satisfies Omit<PhantomOptions, 'out'>;

let folder: string;
let cohort: string;
let truth: PhantomTruth;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flc-phantom-'));
  cohort = join(folder, 'cohort');
  await generatePhantom({ ...options, out: cohort });
  truth = await readTruth(join(cohort, 'truth.json'));
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** SHA-256 by relative path of every file below a folder. */
async function hashes(root: string): Promise<Record<string, string>> {
  const names = (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const found: Record<string, string> = {};
  for (const name of names) {
    found[name.slice(root.length)] = createHash('sha256')
      .update(await readFile(name))
      .digest('hex');
  }
  return found;
}

const image = (id: string, phase: string) =>
  readVolume(join(cohort, `images/${id}/${phase}.nii.gz`));
const mask = (id: string, name: string) => readVolume(join(cohort, `masks/${id}/${name}.nii.gz`));

function meanInside(volume: Volume, inside: Volume): number {
  let sum = 0;
  let count = 0;
  inside.data.forEach((value, i) => {
    if (value === 0) return;
    sum += volume.data[i] as number;
    count++;
  });
  return sum / count;
}

function centroid(volume: Volume): [number, number, number] {
  const [nx, ny] = volume.size;
  const sum = [0, 0, 0];
  let count = 0;
  volume.data.forEach((value, i) => {
    if (value === 0) return;
    const index = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
    index.forEach((v, axis) => {
      sum[axis] = (sum[axis] as number) + v;
    });
    count++;
  });
  const [x = 0, y = 0, z = 0] = sum.map((v) => v / count);
  return [...voxelToWorld(volume, [x, y, z])];
}

describe('generatePhantom', () => {
  it('gives equal bytes again, whatever the number of workers and a fourth phase', async () => {
    const pair = { ...options, lesions: { cyst: 1, hem: 1 } };
    const [here, threads, four, other] = ['here', 'threads', 'four', 'other'].map((name) =>
      join(folder, name),
    ) as [string, string, string, string];
    await generatePhantom({ ...pair, out: here });
    await generatePhantom({ ...pair, out: threads, workers: 2 });
    await generatePhantom({ ...pair, out: four, phases: ['NC', 'ART', 'PV', 'DL'] });
    await generatePhantom({ ...pair, lesions: { hem: 1 }, out: other, seed: 7 });
    const first = await hashes(here);
    // 2 cases of 3 images, 3 lesion masks, liver and seeds; dataset.yaml and truth.json.
    expect(Object.keys(first)).toHaveLength(2 * 8 + 2);
    expect(await hashes(threads)).toEqual(first);
    const withDelayed = await hashes(four);
    expect(Object.keys(withDelayed)).toHaveLength(2 * 10 + 2);
    const volumes = Object.entries(first).filter(([name]) => name.endsWith('.nii.gz'));
    expect(withDelayed).toMatchObject(Object.fromEntries(volumes));
    const changed = await hashes(other);
    expect(changed['/images/case-0001/PV.nii.gz']).not.toBe(first['/images/case-0001/PV.nii.gz']);
  }, 60_000);

  it('writes a dataset that is labelled as synthetic', async () => {
    const dataset = await readDataset(join(cohort, 'dataset.yaml'));
    const { cases, ...rest } = dataset as unknown as { cases: unknown[]; synthetic: boolean };
    expect(cases).toHaveLength(4);
    expect(rest).toMatchObject({
      synthetic: true,
      phases: [...phases],
      reference: 'PV',
      classes: [...phantomClasses],
    });
    expect(truth.synthetic).toBe(true);
  });

  it('gives all volumes of a case one grid with the spacing of the paper', async () => {
    for (const { id } of truth.cases) {
      const reference = await image(id, 'PV');
      expect(reference.dtype).toBe('int16');
      expect(reference.size).toEqual([96, 96, 12]);
      expect(reference.spacing[0]).toBeGreaterThanOrEqual(0.57);
      expect(reference.spacing[0]).toBeLessThanOrEqual(0.89);
      expect([5, 6, 7]).toContain(Math.round(reference.spacing[2] * 1e4) / 1e4);
      for (const name of ['lesion-NC', 'lesion-ART', 'lesion-PV', 'liver', 'seeds']) {
        expect(sameGrid(reference, await mask(id, name), 1e-3)).toBe(true);
      }
    }
  });

  it('puts the lesion where the truth says, with its size, inside the liver', async () => {
    for (const { id, lesion } of truth.cases) {
      const reference = await mask(id, 'lesion-PV');
      const centre = centroid(reference);
      expect(Math.hypot(...centre.map((c, i) => c - (lesion.centre[i] as number)))).toBeLessThan(
        2.5,
      );
      const diameter = Math.cbrt((6 * lesion.volume * 1000) / Math.PI);
      expect(diameter / lesion.diameter).toBeGreaterThan(0.85);
      expect(diameter / lesion.diameter).toBeLessThan(1.15);
      expect(lesion.diameter).toBeGreaterThanOrEqual(8);
      expect(lesion.diameter).toBeLessThanOrEqual(45);
      const liver = await mask(id, 'liver');
      const seeds = await mask(id, 'seeds');
      reference.data.forEach((value, i) => {
        if (value === 1 && liver.data[i] !== 1) expect.unreachable('lesion outside of the liver');
        if (seeds.data[i] === 1 && value !== 1)
          expect.unreachable('seed of the lesion outside of it');
        if (seeds.data[i] === 2 && (value === 1 || liver.data[i] !== 1))
          expect.unreachable('seed of the liver outside');
      });
      expect(seeds.data.filter((value) => value === 1).length).toBeGreaterThan(0);
    }
  });

  it('moves the lesion between phases as the true field says', async () => {
    for (const { id, deformations } of truth.cases) {
      const reference = centroid(await mask(id, 'lesion-PV'));
      for (const phase of ['NC', 'ART'] as const) {
        const moved = centroid(await mask(id, `lesion-${phase}`));
        const deformation = deformations[phase];
        if (deformation === undefined) throw new Error('no deformation');
        // Tissue seen at p lies in PV at p + u(p); slices are 5 to 7 mm thick, pixels below 1 mm.
        const u = displacementAt(deformation, moved);
        expect(Math.abs(moved[0] + u[0] - reference[0])).toBeLessThan(0.5);
        expect(Math.abs(moved[1] + u[1] - reference[1])).toBeLessThan(0.5);
        expect(Math.abs(moved[2] + u[2] - reference[2])).toBeLessThan(1.5);
      }
    }
  });

  it('has the latent HU in lesion and liver', async () => {
    for (const { id, enhancement, noiseStandardDeviation, ...one } of truth.cases) {
      const [liver, lesion] = [await mask(id, 'liver'), await mask(id, 'lesion-PV')];
      const pv = await image(id, 'PV');
      const around = Array.from(pv.data).filter(
        (_, i) => liver.data[i] === 1 && lesion.data[i] === 0,
      );
      const sorted = around.sort((a, b) => a - b);
      const at = (share: number) => sorted[Math.floor(share * sorted.length)] as number;
      expect(Math.abs(at(0.5) - enhancement.liver.PV)).toBeLessThan(4);
      // Interquartile range of a Gaussian: 1.349 standard deviations; texture and vessels widen it a little.
      const spread = (at(0.75) - at(0.25)) / 1.349;
      expect(spread).toBeGreaterThan(0.95 * noiseStandardDeviation);
      expect(spread).toBeLessThan(1.3 * noiseStandardDeviation);
      for (const phase of phases) {
        const mean = meanInside(await image(id, phase), await mask(id, `lesion-${phase}`));
        // Partial volume at the surface mixes in some liver; the capsule of an HCC is bright in PV.
        const contrast = Math.abs(enhancement.liver[phase] - enhancement.lesion[phase]);
        const capsule = one.class === 'hcc' && phase === 'PV' ? 15 : 0;
        const tolerance = 4 + 0.25 * contrast + capsule;
        expect(Math.abs(mean - enhancement.lesion[phase])).toBeLessThan(tolerance);
      }
    }
  });

  it('has an oracle', () => {
    const { total, predictions } = oracleAccuracy(truth);
    expect(total).toBe(4);
    expect(predictions[truth.cases.findIndex((one) => one.class === 'cyst')]).toBe('cyst');
  });

  it('refuses wrong options and a folder in use, and stops when told to', async () => {
    const code = (name: string) => expect.objectContaining({ code: name });
    const out = join(folder, 'refused');
    await expect(generatePhantom({ ...options, out: cohort })).rejects.toThrow(
      code('INVALID_CONFIG'),
    );
    const wrong: Partial<PhantomOptions>[] = [
      { seed: -1 },
      { phases: ['NC', 'ART'] },
      { phases: ['PV', 'NC'] },
      { size: [64, 96, 12] },
      { workers: 0.5 },
    ];
    for (const one of wrong) {
      await expect(generatePhantom({ ...options, out, ...one })).rejects.toThrow(
        code('INVALID_CONFIG'),
      );
    }
    for (const workers of [0, 1]) {
      const controller = new AbortController();
      const reason = new Error('Ctrl-C');
      const run = generatePhantom({
        ...options,
        out,
        workers,
        signal: controller.signal,
        onProgress: () => controller.abort(reason),
      });
      await expect(run).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
    }
    await expect(readTruth(join(out, 'truth.json'))).rejects.toThrow(code('IO_ERROR'));
    await expect(readTruth(join(cohort, 'dataset.yaml'))).rejects.toThrow(code('DATA_ERROR'));
  }, 30_000);
});
