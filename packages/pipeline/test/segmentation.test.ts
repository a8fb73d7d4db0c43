import { createHash } from 'node:crypto';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkDataset,
  type Dataset,
  type DatasetInput,
  makeVolume,
  marksOfImage,
  marksOfStrokes,
  prepareDataset,
  readDataset,
  readVolume,
  type SegmentOptions,
  segmentDataset,
  segmentLesion,
  type Vector3,
  type Volume,
  voxelToWorld,
  writeVolume,
} from '../src/index.js';
import { drawSeedImage } from '../src/segmentation/seed-image.js';
import { abdomen, confusedPhases, size, temporaryFolder, volumeOf, writeCohort } from './cohort.js';

const middle: Vector3 = [20, 18, 4];
const inBall = (x: number, y: number, z: number) =>
  ((x - middle[0]) / 8) ** 2 + ((y - middle[1]) / 8) ** 2 + ((z - middle[2]) / 2.5) ** 2 < 1;

/** Under a plane of air, a ball of 40 HU in 100 HU with noise of 10 HU (uniform, fixed); `contrast` scales the ball. */
function ballImage(contrast = 1, seed = 0): Volume {
  return volumeOf((x, y, z) => {
    const noise =
      (((x * 7919 + y * 104729 + z * 1299709 + seed * 15485863) % 1009) / 1009 - 0.5) * 34;
    if (y === 0) return -1000;
    return Math.round(100 - (inBall(x, y, z) ? 60 * contrast : 0) + noise);
  });
}

const truth = volumeOf((x, y, z) => (inBall(x, y, z) ? 1 : 0), Uint8Array);
/** One stroke in the ball, one on each side of it. */
const seedVolume = volumeOf((x, y, z) => {
  if (z === 4 && y === 18 && x >= 18 && x <= 22) return 1;
  if (z === 4 && y >= 16 && y <= 20 && (x === 7 || x === 33)) return 2;
  return (z === 0 || z === 7) && y === 18 && x >= 18 && x <= 22 ? 2 : 0;
}, Uint8Array);

function dice(a: Volume, b: Volume): number {
  let [both, sum] = [0, 0];
  a.data.forEach((v: number, i: number) => {
    both += v * (b.data[i] as number);
    sum += v + (b.data[i] as number);
  });
  return (2 * both) / sum;
}

const world = (x: number, y: number, z: number): [number, number, number] => [
  ...voxelToWorld(truth, [x, y, z]),
];

describe('seeds', () => {
  it('are drawn along strokes without a gap, and at points', () => {
    const marks = marksOfStrokes(
      {
        lesion: [[world(5, 5, 2), world(15, 10, 2), world(15, 10, 5)]],
        surroundings: [world(30, 30, 7)],
      },
      truth,
    );
    const { labels, count } = drawSeedImage(marks, truth);
    expect(count).toBe(2);
    const at = (x: number, y: number, z: number) => labels[(z * size[1] + y) * size[0] + x];
    expect([at(5, 5, 2), at(15, 10, 2), at(15, 10, 4), at(30, 30, 7)]).toEqual([1, 1, 1, 2]);
    for (let x = 5; x <= 15; x += 1) {
      expect([5, 6, 7, 8, 9, 10].some((y) => at(x, y, 2) === 1)).toBe(true);
    }
  });

  it('of an image are its voxels; other labels become surroundings of their own', () => {
    const image = volumeOf(
      (x, y, z) => (z === 1 && y === 1 ? ([0, 1, 7, 4][x] ?? 0) : 0),
      Uint8Array,
    );
    const { labels, count } = drawSeedImage(marksOfImage(image), image);
    const row = (size[1] + 1) * size[0];
    expect([...labels.subarray(row, row + 5), count]).toEqual([0, 1, 3, 2, 0, 3]);
  });

  it.each([
    ['nothing of the lesion', { lesion: [], surroundings: [world(1, 1, 1)] }, 'marks the lesion'],
    ['nothing round it', { lesion: [world(1, 1, 1)], surroundings: [] }, 'marks the surroundings'],
    [
      'one voxel twice',
      { lesion: [world(1, 1, 1)], surroundings: [world(1, 1, 1)] },
      'marked with two labels',
    ],
    ['a place outside', { lesion: [world(1, 1, 1)], surroundings: [world(-3, 1, 1)] }, 'outside'],
  ])('that mark %s are refused', (_, marks, message) => {
    expect(() => drawSeedImage(marksOfStrokes(marks, truth), truth)).toThrowError(
      expect.objectContaining({ code: 'DATA_ERROR', message: expect.stringContaining(message) }),
    );
  });
});

describe('segmentLesion', () => {
  const seeds = marksOfImage(seedVolume);

  it('finds a ball in noise', async () => {
    const found = await segmentLesion({ phases: [ballImage()], seeds });
    expect(dice(found.mask, truth)).toBeGreaterThan(0.85);
    expect(found.warnings).toEqual([]);
    expect(found.residual).toBeLessThanOrEqual(1e-6);
  });

  it('finds more on phases together than on an empty one, whatever their units', async () => {
    const empty = ballImage(0);
    // Without the shape, which finds a ball between the strokes in mere noise.
    const settings = { compact: 0 };
    const alone = await segmentLesion({ phases: [empty], seeds, settings });
    const other = ballImage(1, 3);
    const scaled = { ...other, dtype: 'float32', data: Float32Array.from(other.data) } as Volume;
    const joint = await segmentLesion({ phases: [empty, scaled], seeds, settings });
    expect(dice(joint.mask, truth)).toBeGreaterThan(dice(alone.mask, truth) + 0.1);
    const stretched = { ...scaled, data: Float32Array.from(other.data, (v) => 10 * v) } as Volume;
    const mr = (phase: Volume) => segmentLesion({ phases: [phase], seeds, modality: 'MR' });
    expect((await mr(stretched)).mask.data).toEqual((await mr(scaled)).mask.data);
  });

  it('stays within the organ', async () => {
    const within = volumeOf((x) => (x <= 20 ? 1 : 0), Uint8Array);
    const { mask } = await segmentLesion({ phases: [ballImage()], seeds, within });
    const beyond = mask.data.filter((v: number, i: number) => v === 1 && i % size[0] > 22);
    expect(beyond.length).toBe(0);
    expect(mask.data.some((v: number) => v === 1)).toBe(true);
  });

  it('works on one slice', async () => {
    const plane = (volume: Volume) => {
      const from = 4 * size[0] * size[1];
      const data = volume.data.slice(from, from + size[0] * size[1]);
      return makeVolume({ ...volume, size: [size[0], size[1], 1] }, data);
    };
    const found = await segmentLesion({
      phases: [plane(ballImage())],
      seeds: marksOfImage(plane(seedVolume)),
    });
    expect(dice(found.mask, plane(truth))).toBeGreaterThan(0.85);
  });

  it('goes on from an earlier answer', async () => {
    const phases = [ballImage()];
    const settings = { margin: 4 };
    const earlier = await segmentLesion({ phases, seeds, settings });
    const again = await segmentLesion({ phases, seeds, settings, earlier });
    expect(again.iterations).toBeLessThan(earlier.iterations);
    expect(dice(again.mask, earlier.mask)).toBeGreaterThan(0.999);
    const far = marksOfStrokes(
      { lesion: [world(20, 18, 3)], surroundings: [world(39, 35, 7)] },
      truth,
    );
    const grown = await segmentLesion({ phases, seeds: [...seeds, ...far], settings, earlier });
    expect(grown.walk.region.size).not.toEqual(earlier.walk.region.size);
  });

  it('stops on a signal, and refuses phases of different grids and unknown settings', async () => {
    const phases = [ballImage()];
    const signal = AbortSignal.abort();
    await expect(segmentLesion({ phases, seeds, signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    const other = { ...ballImage(), spacing: [1, 1, 5] } as Volume;
    await expect(segmentLesion({ phases: [...phases, other], seeds })).rejects.toMatchObject({
      code: 'GEOMETRY_MISMATCH',
    });
    await expect(segmentLesion({ phases, seeds, settings: { beta: -1 } })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
  });
});

describe('segmentDataset', () => {
  let root: string;
  let folders = 0;
  beforeAll(async () => {
    root = await temporaryFolder();
  });

  async function cohort(ids: string[], change: (dataset: DatasetInput) => void = () => undefined) {
    folders += 1;
    const source = join(root, String(folders), 'source');
    const cases = ids.map((id, i) => ({
      id,
      volumes: {
        NC: ballImage(0.5, 3 * i),
        ART: ballImage(0.8, 3 * i + 1),
        PV: ballImage(1, 3 * i + 2),
      },
    }));
    const file = await writeCohort(source, cases, (dataset) => {
      for (const entry of dataset.cases) {
        entry.lesions = [{ seeds: `${entry.id}/seeds.nii.gz`, class: 'hcc' }];
      }
      change(dataset);
    });
    for (const id of ids) await writeVolume(join(source, id, 'seeds.nii.gz'), seedVolume);
    const dataset = await readDataset(file);
    const out = join(root, String(folders), 'segmented');
    const segment = (options: SegmentOptions = {}, from: Dataset = dataset) =>
      segmentDataset(from, out, { workers: 0, ...options });
    return { source, dataset, out, segment };
  }

  it('writes a mask for each phase and a dataset.yaml that can be checked and prepared', async () => {
    const { source, dataset, out, segment } = await cohort(['a', 'b']);
    const before = await contents(source);
    expect((await checkDataset(dataset, { workers: 0 })).findings).toContainEqual(
      expect.objectContaining({
        code: 'MISSING_MASK',
        message: 'lesion-1 has seeds, but no mask yet',
        remedy: expect.stringContaining('segment'),
      }),
    );
    const unprepared = await prepareDataset(dataset, join(out, 'none'), { workers: 0 });
    expect(unprepared.failed[0]?.error.remedy).toContain('segment');
    const report = await segment({ probabilities: true });
    expect(report).toMatchObject({ segmented: 2, reused: 0, failed: [] });
    expect(report.masks.map(({ phase }) => phase)).toEqual(['NC', 'ART', 'PV', 'NC', 'ART', 'PV']);
    const after = await readDataset(report.datasetFile);
    const masks = after.cases[0]?.lesions[0]?.mask as Record<string, string>;
    expect(Object.keys(masks)).toEqual(['NC', 'ART', 'PV']);
    const drawn = await readVolume(join(out, masks.PV as string));
    expect(dice(drawn, truth)).toBeGreaterThan(0.85);
    const [probability] = report.masks.flatMap((mask) => mask.probability ?? []);
    expect((await readVolume(join(out, probability as string))).dtype).toBe('float32');
    expect(await contents(source)).toEqual(before);
    const checked = await checkDataset(after, { workers: 0 });
    expect(checked.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    const prepared = await prepareDataset(after, join(out, 'prepared'), { workers: 0 });
    expect(prepared).toMatchObject({ prepared: 2, failed: [] });
  });

  it('has one mask of all phases together, and the same bits from threads', async () => {
    const { out, dataset, segment } = await cohort(['a', 'b']);
    const { datasetFile } = await segment({ joint: true });
    const [first] = (await readDataset(datasetFile)).cases;
    expect(typeof first?.lesions[0]?.mask).toBe('string');
    const threads = join(out, '..', 'threads');
    await segmentDataset(dataset, threads, { joint: true, workers: 2 });
    expect(await contents(join(threads, 'masks'))).toEqual(await contents(join(out, 'masks')));
  });

  it('is redone where a file or parameter changed, and nowhere else', async () => {
    const { source, segment } = await cohort(['a', 'b']);
    await segment();
    expect(await segment()).toMatchObject({ segmented: 0, reused: 2 });
    const moved = volumeOf(
      (x, y, z) => (y === 18 && x === 20 ? ([0, 2, 0, 0, 1, 0, 0, 2][z] ?? 0) : 0),
      Uint8Array,
    );
    await writeVolume(join(source, 'a', 'seeds.nii.gz'), moved);
    expect(await segment()).toMatchObject({ segmented: 1, reused: 1 });
    expect(await segment({ beta: 2 })).toMatchObject({ segmented: 2, reused: 0 });
  });

  it('is redone for phases whose paths were corrected', async () => {
    const { source, dataset, segment } = await cohort(['a']);
    await segment({}, await confusedPhases(dataset, source));
    expect(await segment()).toMatchObject({ segmented: 1, reused: 0 });
  });

  it('goes on past a bad case, tells it, and leaves it out', async () => {
    const { source, out, segment } = await cohort(['a', 'Jane Roe', 'c']);
    const empty = volumeOf(() => 0, Uint8Array);
    await writeVolume(join(source, 'Jane Roe', 'seeds.nii.gz'), empty);
    const report = await segment();
    expect(report).toMatchObject({ segmented: 2 });
    expect(report.failed).toHaveLength(1);
    expect(report.failed[0]?.error).toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringContaining('no seed'),
    });
    expect(JSON.stringify(report.failed)).not.toContain('Jane');
    expect((await readDataset(join(out, 'dataset.yaml'))).cases.map(({ id }) => id)).toEqual([
      'a',
      'c',
    ]);
  });

  it('takes marks in world coordinates, by phase; a phase without them has no mask', async () => {
    const marks = {
      lesion: [[world(18, 18, 4), world(22, 18, 4)]],
      surroundings: [world(7, 18, 4), world(33, 18, 4), world(20, 18, 0), world(20, 18, 7)],
    };
    const { segment } = await cohort(['a'], (dataset) => {
      for (const { lesions } of dataset.cases) lesions[0] = { seeds: { PV: marks, ART: marks } };
    });
    const { masks } = await segment();
    expect(masks.map(({ phase }) => phase)).toEqual(['ART', 'PV']);
  });

  it('keeps masks of lesions without seeds, and refuses a cohort without any', async () => {
    const { segment } = await cohort(['a'], (dataset) => {
      dataset.cases[0]?.lesions.push({ mask: 'a/lesion.nii.gz', label: 1 });
    });
    const after = await readDataset((await segment()).datasetFile);
    expect(after.cases[0]?.lesions[1]).toEqual({ mask: '../source/a/lesion.nii.gz', label: 1 });
    const without = await cohort(['a'], (dataset) => {
      dataset.cases[0]?.lesions.splice(0, 1, { mask: 'a/lesion.nii.gz' });
    });
    await expect(without.segment()).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it('never replaces its own source', async () => {
    const { dataset, source } = await cohort(['a']);
    const link = `${source}-link`;
    await symlink(source, link);
    for (const folder of [source, link])
      await expect(segmentDataset(dataset, folder, { workers: 0 })).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
        message: expect.stringContaining('replace'),
      });
  });

  it('stays usable when the run is cancelled', async () => {
    const { dataset, out, segment } = await cohort(['a', 'b']);
    const controller = new AbortController();
    const run = segmentDataset(
      dataset,
      out,
      { workers: 0 },
      {
        signal: controller.signal,
        onProgress: ({ done }) => (done === 1 ? controller.abort() : undefined),
      },
    );
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await segment()).toMatchObject({ segmented: 1, reused: 1 });
  });
});

describe('dataset.yaml', () => {
  it.each([
    ['neither mask nor seeds', {}, 'cases[0].lesions[0]: give a mask or seeds'],
    ['a label without a mask', { seeds: 's.nii', label: 2 }, 'there is no mask'],
    ['seeds on a stranger phase', { seeds: { PVV: 's.nii' } }, 'did you mean "PV"?'],
    ['a point of two numbers', { seeds: { lesion: [[1, 2]], surroundings: [[1, 2, 3]] } }, 'seeds'],
  ])('is refused with %s', async (_, lesion, message) => {
    const folder = await temporaryFolder();
    const change = (dataset: DatasetInput) => {
      dataset.cases[0]?.lesions.splice(0, 1, lesion as never);
    };
    await expect(
      writeCohort(folder, [{ id: 'a', volumes: { PV: abdomen() } }], change),
    ).rejects.toMatchObject({ code: 'INVALID_CONFIG', message: expect.stringContaining(message) });
  });
});

/** Hashes of all files below a folder. */
async function contents(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const pairs = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const hash = createHash('sha256').update(await readFile(join(parentPath, name)));
      return [join(parentPath, name).slice(folder.length), hash.digest('hex')] as const;
    });
  return Object.fromEntries((await Promise.all(pairs)).sort(([a], [b]) => a.localeCompare(b)));
}
