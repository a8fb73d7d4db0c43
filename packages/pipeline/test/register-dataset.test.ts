import { createHash } from 'node:crypto';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkDataset,
  type Dataset,
  type DatasetInput,
  type PreparedSample,
  prepareDataset,
  prepareLesion,
  readDataset,
  readPrepared,
  readVolume,
  registerDataset,
  registerLesion,
  sameGrid,
  type Vector3,
  type Volume,
  voxelToWorld,
  worldToVoxel,
  writeVolume,
} from '../src/index.js';
import { pairBytes, workersWithin } from '../src/registration/memory.js';
import {
  abdomen,
  boxMask,
  confusedPhases,
  temporaryFolder,
  volumeOf,
  writeCohort,
} from './cohort.js';

/** Too little to register well, enough to run everything. */
const registration = {
  linearResolutions: 1,
  linearIterations: 5,
  resolutions: 1,
  iterations: 5,
  samples: 128,
  metricSpacing: 0.5,
};

let root: string;
let folders = 0;
beforeAll(async () => {
  root = await temporaryFolder();
});

/** Cases with a liver, masks on PV and ART, and an ART of another grid. */
async function cohort(ids: string[], change: (dataset: DatasetInput) => void = () => undefined) {
  folders += 1;
  const source = join(root, String(folders), 'source');
  const file = await writeCohort(
    source,
    ids.map((id) => ({ id })),
    (dataset) => {
      dataset.registration = registration;
      for (const entry of dataset.cases) {
        entry.liver = `${entry.id}/liver.nii.gz`;
        const [lesion] = entry.lesions;
        if (lesion === undefined) continue;
        lesion.mask = { PV: `${entry.id}/lesion.nii.gz`, ART: `${entry.id}/art-lesion.nii.gz` };
      }
      change(dataset);
    },
  );
  for (const [i, id] of ids.entries()) {
    const grid = { size: [44, 40, 9] as const, origin: [-16, -21, 97] as const };
    const art = volumeOf(
      (x, y, z) => (x < 3 ? -1000 : 30 + i + ((x * 5 + y * 3 + z * 11) % 60)),
      Int16Array,
      grid,
    );
    await writeVolume(join(source, id, 'ART.nii.gz'), art);
    const drawn = volumeOf(
      (x, y, z) => (x > 14 && x < 26 && y > 12 && y < 22 && z > 2 && z < 7 ? 1 : 0),
      Uint8Array,
      grid,
    );
    await writeVolume(join(source, id, 'art-lesion.nii.gz'), drawn);
    await writeVolume(join(source, id, 'liver.nii.gz'), boxMask([5, 5, 1], [35, 30, 7]));
  }
  const dataset = await readDataset(file);
  const out = join(root, String(folders), 'registered');
  const register = (from: Dataset = dataset, options = {}) =>
    registerDataset(from, out, { workers: 0, method: 'rigid', ...options });
  return { source, dataset, out, register };
}

/** Hashes of all files below a folder but the records, which hold times. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && !/registration|quality/.test(entry.parentPath + entry.name),
  );
  const pairs = files.map(async ({ parentPath, name }) => {
    const bytes = await readFile(join(parentPath, name));
    const hash = createHash('sha256').update(bytes).digest('hex');
    return [join(parentPath, name).slice(folder.length), hash] as const;
  });
  return Object.fromEntries(await Promise.all(pairs));
}

describe('a registered cohort', () => {
  it('has all phases and masks on one grid, and records of quality', async () => {
    const { out, register } = await cohort(['a']);
    const report = await register(undefined, { method: 'bspline' });
    expect(report).toMatchObject({ registered: 2, reused: 0, failed: [] });
    const dataset = await readDataset(join(out, 'dataset.yaml'));
    const [entry] = dataset.cases;
    const reference = await readVolume(join(out, entry?.phases.PV as string));
    const mask = entry?.lesions[0]?.mask as Record<string, string>;
    expect(Object.keys(mask).sort()).toEqual(['ART', 'PV']);
    const files = [...Object.values(entry?.phases ?? {}), ...Object.values(mask), entry?.liver];
    for (const file of files) {
      expect(sameGrid(reference, await readVolume(join(out, file as string)), 1e-3)).toBe(true);
    }
    expect(
      (await checkDataset(dataset)).findings.filter(({ severity }) => severity === 'error'),
    ).toEqual([]);
    const quality = JSON.parse(await readFile(join(out, 'quality.json'), 'utf8'));
    expect(quality.pairs.map(({ phase }: { phase: string }) => phase)).toEqual(['NC', 'ART']);
    // All parameters, those of the source and the defaults.
    expect(quality).toMatchObject({
      method: 'bspline',
      settings: { iterations: 5, seed: 121_212 },
    });
    expect(dataset.registration).toEqual(quality.settings);
    const art = quality.pairs[1];
    expect(art.overlap[0]).toMatchObject({ lesion: 'lesion-1' });
    expect(art.jacobian.min).toBeLessThanOrEqual(art.jacobian.max);
    const folder = join(out, 'registration', art.caseId);
    const picture = await readFile(join(folder, 'ART.png'));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
    // Neither names nor paths of patients leave dataset.yaml.
    for (const name of await readdir(folder)) {
      expect((await readFile(join(folder, name))).includes('patient of a')).toBe(false);
    }
  });

  it('has air where a phase shows nothing', async () => {
    const { source, out, register } = await cohort(['a']);
    const short = volumeOf((x, y, z) => 40 + ((x * 7 + y * 13 + z * 29) % 50), Int16Array, {
      size: [40, 36, 5],
    });
    await writeVolume(join(source, 'a', 'NC.nii.gz'), short);
    expect(await register()).toMatchObject({ failed: [] });
    const [entry] = (await readDataset(join(out, 'dataset.yaml'))).cases;
    const { data, size } = await readVolume(join(out, entry?.phases.NC as string));
    expect(size).toEqual([40, 36, 8]);
    // The last two slices lie 10 mm and more beyond the phase, further than so short a search moves it.
    expect(new Set(data.subarray(6 * 40 * 36))).toEqual(new Set([-1024]));
    expect(data[2 * 40 * 36 + 18 * 40 + 20]).toBeGreaterThan(0);
  });

  it('has the same bits from two runs, with threads or without', async () => {
    const { dataset, out, register } = await cohort(['a']);
    await register();
    const first = await contents(out);
    await rm(out, { recursive: true });
    await registerDataset(dataset, out, { workers: 2, method: 'rigid' });
    expect(await contents(out)).toEqual(first);
    expect(Object.keys(first)).toHaveLength(3 + 3 + 1);
  });

  it('is redone where a file or parameter changed, and nowhere else', async () => {
    const { dataset, source, out, register } = await cohort(['a']);
    await register();
    expect(await register()).toMatchObject({ registered: 0, reused: 2 });
    await writeVolume(
      join(source, 'a', 'NC.nii.gz'),
      volumeOf((x, y, z) => (x * y + z) % 90),
    );
    expect(await register()).toMatchObject({ registered: 1, reused: 1 });
    await rm(join(out, 'images'), { recursive: true });
    expect(await register()).toMatchObject({ registered: 2, reused: 0 });
    const other = { ...dataset, registration: { ...registration, seed: 5 } } as Dataset;
    expect(await register(other)).toMatchObject({ registered: 2, reused: 0 });
  });

  /** The transform of a phase of the first case. */
  async function transformOf(out: string, phase: string) {
    const { pairs } = JSON.parse(await readFile(join(out, 'quality.json'), 'utf8'));
    const file = join(out, 'registration', pairs[0].caseId, `${phase}.transform.json`);
    return JSON.parse(await readFile(file, 'utf8')).transform;
  }

  it('is redone for phases whose paths were corrected', async () => {
    const { source, dataset, out, register } = await cohort(['a'], ({ cases }) => {
      const [lesion] = cases[0]?.lesions ?? [];
      if (lesion !== undefined) lesion.mask = 'a/lesion.nii.gz';
    });
    // Of one grid, so that the files have one size.
    await writeVolume(join(source, 'a/ART.nii.gz'), abdomen(77));
    await register(await confusedPhases(dataset, source), { method: 'none' });
    expect(await register(dataset, { method: 'none' })).toMatchObject({ registered: 2, reused: 0 });
    const [entry] = (await readDataset(join(out, 'dataset.yaml'))).cases;
    const art = await readVolume(join(out, entry?.phases.ART as string));
    expect(art.data).toEqual(abdomen(77).data);
  });

  it('is only resampled by the headers with none', async () => {
    const { out, register } = await cohort(['a'], (dataset) => {
      dataset.registration = { ...registration, interpolation: 'nearest' };
    });
    expect(await register(undefined, { method: 'none' })).toMatchObject({ registered: 2 });
    const [entry] = (await readDataset(join(out, 'dataset.yaml'))).cases;
    const moved = await readVolume(join(out, entry?.phases.ART as string));
    const art = { ...moved, size: [44, 40, 9], origin: [-16, -21, 97] } as const;
    const [x, y, z] = worldToVoxel(art, voxelToWorld(moved, [10, 9, 3])).map(Math.round);
    expect(moved.data[(3 * 36 + 9) * 40 + 10]).toBe(
      30 + (((x as number) * 5 + (y as number) * 3 + (z as number) * 11) % 60),
    );
    expect((await transformOf(out, 'ART')).stages).toEqual([]);
  });

  it('is shifted by the centres of its masks with centroid', async () => {
    const { source, out, register } = await cohort(['a']);
    const report = await register(undefined, { method: 'centroid' });
    expect(report).toMatchObject({ registered: 2, failed: [] });
    // NC has no mask.
    expect(report.warnings.filter(({ message }) => /no lesion has masks/.test(message))).toEqual([
      expect.objectContaining({ phase: 'NC' }),
    ]);
    const [entry] = (await readDataset(join(out, 'dataset.yaml'))).cases;
    const masks = entry?.lesions[0]?.mask as Record<string, string>;
    const [drawn, moving, carried] = await Promise.all([
      readVolume(join(out, masks.PV as string)),
      readVolume(join(source, 'a', 'art-lesion.nii.gz')),
      readVolume(join(out, masks.ART as string)),
    ]);
    const [to, from, after] = [centreOf(drawn), centreOf(moving), centreOf(carried)];
    const { stages } = await transformOf(out, 'ART');
    for (const axis of [0, 1, 2] as const) {
      expect(stages[0].translation[axis]).toBeCloseTo(from[axis] - to[axis], 6);
      // The nearest voxel is at most half a voxel off.
      expect(Math.abs(after[axis] - to[axis])).toBeLessThan(carried.spacing[axis] / 2 + 1e-6);
    }
    const { pairs } = JSON.parse(await readFile(join(out, 'quality.json'), 'utf8'));
    expect(pairs[1].overlap[0].after).toBeGreaterThan(pairs[1].overlap[0].before);
  });

  it('goes on past a bad pair and leaves its phase out', async () => {
    const { source, out, register } = await cohort(['a', 'b']);
    await writeFile(join(source, 'a', 'NC.nii.gz'), 'no volume');
    const report = await register();
    expect(report).toMatchObject({ registered: 3 });
    expect(report.failed).toMatchObject([{ phase: 'NC', error: { code: 'DATA_ERROR' } }]);
    expect(JSON.stringify(report.failed)).not.toContain(source);
    const { cases } = await readDataset(join(out, 'dataset.yaml'));
    expect(cases.map(({ phases }) => Object.keys(phases))).toEqual([
      ['ART', 'PV'],
      ['NC', 'ART', 'PV'],
    ]);
  });

  it('stays usable when the run is cancelled', async () => {
    const { dataset, out, register } = await cohort(['a']);
    const controller = new AbortController();
    const run = registerDataset(
      dataset,
      out,
      { workers: 0, method: 'rigid' },
      { signal: controller.signal, onProgress: ({ done }) => done === 1 && controller.abort() },
    );
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await register()).toMatchObject({ registered: 1, reused: 1 });
  });

  it('never replaces its own source', async () => {
    const { dataset, source, register, out } = await cohort(['a']);
    for (const folder of [source, relative('.', source)])
      await expect(registerDataset(dataset, folder), folder).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
      });
    // Under another name its dataset.yaml would stay, but not the images that it names.
    await register(dataset, { method: 'none' });
    await rename(join(out, 'dataset.yaml'), join(out, 'other.yaml'));
    const moved = await readDataset(join(out, 'other.yaml'));
    await expect(registerDataset(moved, out)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

describe('preparing with a registration', () => {
  it('cuts the same samples as preparing the registered cohort, and registers once', async () => {
    const { dataset, out, register } = await cohort(['a']);
    await register(undefined, { method: 'bspline' });
    const transforms = join(out, 'registration');
    const stamps = async () =>
      (await contentsOf(transforms)).filter(([name]) => name.includes('transform'));
    const before = await stamps();
    const direct = join(out, '..', 'direct');
    const report = await prepareDataset(dataset, direct, {
      align: 'bspline',
      transforms,
      workers: 0,
    });
    expect(report).toMatchObject({ prepared: 1, failed: [] });
    expect(await stamps()).toEqual(before);
    const staged = join(out, '..', 'staged');
    await prepareDataset(await readDataset(join(out, 'dataset.yaml')), staged, { workers: 0 });
    const image = async (folder: string) => {
      const [file] = await readdir(join(folder, 'cases'));
      const bytes = await readFile(join(folder, 'cases', file as string));
      return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
    };
    expect((await image(direct)).equals(await image(staged))).toBe(true);
    const again = await prepareDataset(dataset, direct, { align: 'bspline', workers: 0 });
    expect(again).toMatchObject({ prepared: 0, reused: 1 });
  });

  it('is the same in memory', async () => {
    const { dataset, out } = await cohort(['a']);
    const options = { align: 'rigid', registration } as const;
    await prepareDataset(dataset, out, { ...options, workers: 0 });
    const prepared = await readPrepared(out);
    const sample = prepared.index.samples[0] as PreparedSample;
    const entry = dataset.cases[0];
    const volume = (path: unknown) => readVolume(join(dataset.root, path as string));
    const masks = entry?.lesions[0]?.mask as Record<string, string>;
    const input = {
      phases: await Promise.all(dataset.phases.map((phase) => volume(entry?.phases[phase]))),
      mask: await volume(masks.PV),
      phaseMasks: [undefined, await volume(masks.ART), undefined],
      liver: await volume(entry?.liver),
      label: 1,
      options,
    };
    const [lesion] = prepareLesion(await registerLesion(input)).lesions;
    const found = lesion?.samples[0];
    const written = await prepared.loadSample(sample);
    expect(found?.image).toEqual(written.image);
    expect(found?.phaseMasks).toBeDefined();
    await expect(async () => prepareLesion(input)).rejects.toMatchObject({
      code: 'GEOMETRY_MISMATCH',
    });
    // Before any work, and while the work goes on elsewhere.
    const reason = new Error('no longer wanted');
    const aborted = registerLesion(input, { signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
    const controller = new AbortController();
    const running = registerLesion(input, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    const cut = { ...input, mask: { ...input.mask, data: new Uint8Array(5) } };
    await expect(registerLesion(cut)).rejects.toMatchObject({ code: 'DATA_ERROR' });
  });
});

/** Mean position of the voxels of a mask, mm. */
function centreOf(mask: Volume): Vector3 {
  const [nx, ny] = mask.size;
  const points = [...mask.data.entries()].flatMap(([i, v]) =>
    v === 0
      ? []
      : [voxelToWorld(mask, [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))])],
  );
  const mean = (axis: 0 | 1 | 2) => points.reduce((sum, p) => sum + p[axis], 0) / points.length;
  return [mean(0), mean(1), mean(2)];
}

async function contentsOf(folder: string): Promise<[string, string][]> {
  const names = await readdir(folder, { recursive: true });
  const found: [string, string][] = [];
  for (const name of names.sort()) {
    if (!name.includes('.')) continue;
    const bytes = await readFile(join(folder, name));
    found.push([name, createHash('sha256').update(bytes).digest('hex')]);
  }
  return found;
}

describe('workers', () => {
  const grid = {
    size: [512, 512, 60],
    spacing: [0.75, 0.75, 5],
    origin: [0, 0, 0],
    direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  } as const;

  it('are as many as the free memory bears', () => {
    const bytes = pairBytes(grid, 2);
    expect(bytes).toBeGreaterThan(400 * 2 ** 20);
    expect(workersWithin(bytes, { workers: 8 }, 100 * bytes)).toBe(8);
    expect(workersWithin(bytes, { workers: 8 }, 2.6 * bytes)).toBe(2);
    expect(workersWithin(bytes, { workers: 8 }, 0.1 * bytes)).toBe(1);
  });

  it('are as many as the allowed memory bears, whatever is free', () => {
    const [bytes, gib] = [pairBytes(grid, 2), 2 ** 30];
    expect(workersWithin(bytes, { workers: 8, memory: (3.5 * bytes) / gib }, 0)).toBe(3);
    expect(workersWithin(bytes, { workers: 2, memory: (3.5 * bytes) / gib }, 0)).toBe(2);
    expect(workersWithin(bytes, { workers: 8, memory: 0.1 }, 100 * bytes)).toBe(1);
  });
});
