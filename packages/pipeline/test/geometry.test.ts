import { describe, expect, it } from 'vitest';
import {
  compareGrids,
  type Grid,
  gridFromRasAffine,
  lpsToRas,
  type Matrix3,
  rasAffineOf,
  rasToLps,
  reorientToLps,
  sameGrid,
  type Vector3,
  voxelToWorld,
  worldToVoxel,
} from '../src/index.js';
import { volumeOf } from './cohort.js';

/** A rotation by 20 degrees about z, then 10 about x. */
const a = (20 * Math.PI) / 180;
const b = (10 * Math.PI) / 180;
const turned: Matrix3 = [
  Math.cos(a),
  -Math.sin(a),
  0,
  Math.sin(a) * Math.cos(b),
  Math.cos(a) * Math.cos(b),
  -Math.sin(b),
  Math.sin(a) * Math.sin(b),
  Math.cos(a) * Math.sin(b),
  Math.cos(b),
];
const grid: Grid = {
  size: [5, 6, 7],
  spacing: [0.7, 0.8, 5],
  origin: [10, -20, 30],
  direction: turned,
};

function expectClose(got: readonly number[], wanted: readonly number[], digits = 9) {
  got.forEach((v, i) => {
    expect(v).toBeCloseTo(wanted[i] as number, digits);
  });
}

describe('world and voxels', () => {
  it('maps an index as ITK does: origin + direction * (spacing * index)', () => {
    const p = voxelToWorld(grid, [2, 0, 0]);
    expectClose(p, [10 + 1.4 * turned[0], -20 + 1.4 * turned[3], 30 + 1.4 * turned[6]]);
  });

  it('comes back from the world', () => {
    const index: Vector3 = [1.25, 3.5, 6];
    expectClose(worldToVoxel(grid, voxelToWorld(grid, index)), index);
  });

  it('flips x and y between RAS and LPS', () => {
    expect(rasToLps([1, 2, 3])).toEqual([-1, -2, 3]);
    expect(lpsToRas([-1, -2, 3])).toEqual([1, 2, 3]);
  });

  it('keeps a grid through its RAS affine', () => {
    const back = gridFromRasAffine(grid.size, rasAffineOf(grid));
    expectClose(back.spacing, grid.spacing);
    expectClose(back.origin, grid.origin);
    expectClose(back.direction, grid.direction);
  });

  it('refuses a sheared affine', () => {
    const sheared = [1, 0, 0, 0, 0, 1, 0.2, 0, 0, 0, 5, 0];
    expect(() => gridFromRasAffine([2, 2, 2], sheared)).toThrowError(
      expect.objectContaining({
        code: 'DATA_ERROR',
        message: expect.stringContaining('right angles'),
      }),
    );
  });
});

describe('comparison of grids', () => {
  it('holds the farthest corner against the tolerance', () => {
    const stretched = { ...grid, spacing: [0.7, 0.8, 5.02] as Vector3 };
    expect(sameGrid(grid, stretched, 0.1)).toBe(false); // 6 * 0.02 = 0.12 mm at the last slice
    expect(sameGrid(grid, stretched, 0.13)).toBe(true);
  });

  it('tells an origin from a spacing', () => {
    const moved = { ...grid, origin: [13, -16, 30] as Vector3 };
    const difference = compareGrids(grid, moved);
    expect(difference.origin).toBeCloseTo(5, 9);
    expect(difference.corners).toBe(0);
    expect(sameGrid(grid, { ...grid, size: [5, 6, 8] })).toBe(false);
  });
});

describe('order of axes', () => {
  const value = (x: number, y: number, z: number) => x + 10 * y + 100 * z;

  it('leaves an LPS volume as it is', () => {
    const volume = volumeOf(value);
    expect(reorientToLps(volume)).toBe(volume);
  });

  // RAS storage (most NIfTI files), superior-first storage (PLC-CECT) and a sagittal acquisition.
  it.each<[string, Matrix3]>([
    ['RAS', [-1, 0, 0, 0, -1, 0, 0, 0, 1]],
    ['LPI', [1, 0, 0, 0, 1, 0, 0, 0, -1]],
    ['PSR', [0, 0, -1, 1, 0, 0, 0, 1, 0]],
  ])('brings %s to LPS and keeps every voxel where it is', (_, direction) => {
    const volume = volumeOf(value, Int16Array, { size: [3, 4, 5], direction });
    const lps = reorientToLps(volume);
    expect(lps.direction).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    const [nx, ny, nz] = lps.size;
    for (const index of [
      [0, 0, 0],
      [1, 2, 2],
      [nx - 1, ny - 1, nz - 1],
    ] as Vector3[]) {
      const there = worldToVoxel(volume, voxelToWorld(lps, index)).map(
        Math.round,
      ) as unknown as Vector3;
      expect(lps.data[(index[2] * ny + index[1]) * nx + index[0]]).toBe(value(...there));
    }
  });
});
