import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  identityDirection,
  type Matrix3,
  readDataset,
  readVolume,
  registerDataset,
  type SpatialTransform,
  transformPoint,
  type Vector3,
  voxelToWorld,
  worldToVoxel,
  writeVolume,
} from '../src/index.js';
import { carryMarks, carrySeedImage } from '../src/registration/carry-seeds.js';
import { boxMask, temporaryFolder, volumeOf, writeCohort } from './cohort.js';

/** What lies at p on the reference lies 3 mm left, 1.5 mm back and a slice up in the phase, and is 4 % larger. */
const transform: SpatialTransform = {
  stages: [
    {
      kind: 'linear',
      matrix: identityDirection.map((v) => 1.04 * v) as unknown as Matrix3,
      translation: [3, 1.5, 5],
      centre: [0, 0, 115],
    },
  ],
};

describe('seeds of a moved phase', () => {
  const reference: Vector3 = [2, -6, 110];
  const inPhase = transformPoint(transform, reference) as [number, number, number];

  it('are points and strokes where their tissue lies on the reference', () => {
    const other: [number, number, number] = [inPhase[0] + 1.04, inPhase[1], inPhase[2]];
    const carried = carryMarks({ lesion: [inPhase], surroundings: [[inPhase, other]] }, transform);
    expect(carried.lesion).toHaveLength(1);
    const stroke = carried.surroundings[0] as [number, number, number][];
    for (const [point, expected] of [
      [carried.lesion[0], reference],
      [stroke[0], reference],
      [stroke[1], [3, -6, 110]],
    ] as [Vector3, Vector3][]) {
      for (const axis of [0, 1, 2] as const) expect(point[axis]).toBeCloseTo(expected[axis], 4);
    }
  });

  it('are voxels of an image, none of them lost but those that leave the grid', () => {
    const seeds = volumeOf((x, y, z) => (y === 20 && z === 4 ? (x < 20 ? 1 : 2) : 0), Uint8Array);
    const carried = carrySeedImage(seeds, transform, seeds);
    const [nx, ny] = seeds.size;
    const marked: number[][] = [];
    carried.data.forEach((label: number, i: number) => {
      if (label === 0) return;
      const voxel: Vector3 = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
      const from = worldToVoxel(seeds, transformPoint(transform, voxelToWorld(seeds, voxel)));
      // Half a voxel of rounding, and the scale.
      expect(Math.abs(from[1] - 20)).toBeLessThan(0.55);
      expect(Math.abs(from[2] - 4)).toBeLessThan(0.55);
      expect(label).toBe(from[0] < 19.5 ? 1 : 2);
      marked.push([...voxel]);
    });
    // A row of 40 pixels of 0.75 mm, of which 3 mm leave the grid, in steps of 1 / 1.04.
    expect(marked.length).toBeGreaterThanOrEqual(34);
  });

  it('lie in the registered cohort, with those of the reference for phases without', async () => {
    const root = await temporaryFolder();
    const point: [number, number, number] = [0, -10, 115];
    const marks = { lesion: [point], surroundings: [[9, -10, 115] as [number, number, number]] };
    const file = await writeCohort(join(root, 'source'), [{ id: 'a' }], (dataset) => {
      dataset.registration = { linearResolutions: 1, linearIterations: 5, samples: 128 };
      const lesion = dataset.cases[0]?.lesions[0];
      if (lesion !== undefined) lesion.seeds = { PV: 'a/seeds.nii.gz', ART: marks };
    });
    const drawn = boxMask([14, 12, 3], [16, 18, 4]);
    await writeVolume(join(root, 'source', 'a', 'seeds.nii.gz'), drawn);
    const out = join(root, 'registered');
    const run = async () =>
      registerDataset(await readDataset(file), out, { method: 'rigid', workers: 0 });
    expect(await run()).toMatchObject({ failed: [], registered: 2 });
    const { cases } = await readDataset(join(out, 'dataset.yaml'));
    const seeds = cases[0]?.lesions[0]?.seeds as Record<string, string | typeof marks>;
    expect(Object.keys(seeds).sort()).toEqual(['ART', 'NC', 'PV']);
    expect(seeds.NC).toBe(seeds.PV);
    expect((await readVolume(join(out, seeds.PV as string))).data).toEqual(drawn.data);
    const carried = (seeds.ART as typeof marks).lesion[0] as Vector3;
    expect(carried).not.toEqual(point);
    expect(Math.hypot(...carried.map((v, i) => v - (point[i] as number)))).toBeLessThan(20);
    expect(await run()).toMatchObject({ registered: 0, reused: 2 });
  });
});
