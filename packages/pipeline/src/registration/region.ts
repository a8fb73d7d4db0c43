import { voxelToWorld, worldToVoxel } from '../volume/geometry.js';
import type { Grid, Vector3, Volume } from '../volume/volume.js';

/** A box of voxels; `high` is excluded. */
export interface VoxelBox {
  readonly low: Vector3;
  readonly high: Vector3;
}

/** The smallest box with every voxel that is not 0 in one of the masks; undefined if all are empty. */
export function boxOfMasks(masks: readonly Volume[]): VoxelBox | undefined {
  const low = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const high = [-1, -1, -1];
  for (const { data, size } of masks) {
    const [nx, ny, nz] = size;
    for (let z = 0, at = 0; z < nz; z += 1) {
      for (let y = 0; y < ny; y += 1) {
        for (let x = 0; x < nx; x += 1, at += 1) {
          if (data[at] === 0) continue;
          low[0] = Math.min(low[0] as number, x);
          low[1] = Math.min(low[1] as number, y);
          low[2] = Math.min(low[2] as number, z);
          high[0] = Math.max(high[0] as number, x + 1);
          high[1] = Math.max(high[1] as number, y + 1);
          high[2] = Math.max(high[2] as number, z + 1);
        }
      }
    }
  }
  if ((high[0] as number) < 0) return undefined;
  return { low: low as unknown as Vector3, high: high as unknown as Vector3 };
}

export function wholeBox(grid: Grid): VoxelBox {
  return { low: [0, 0, 0], high: grid.size };
}

/** The box with a margin in mm, kept inside the grid. */
export function grownBox(box: VoxelBox, grid: Grid, margin: number): VoxelBox {
  const voxels = grid.spacing.map((s) => Math.ceil(margin / s));
  return clipped(
    box.low.map((v, i) => v - (voxels[i] as number)),
    box.high.map((v, i) => v + (voxels[i] as number)),
    grid,
  );
}

/** Voxels of `other` that cover a box of `grid`, kept inside `other`; may be empty. */
export function boxOnOtherGrid(box: VoxelBox, grid: Grid, other: Grid): VoxelBox {
  const corners = Array.from({ length: 8 }, (_, corner) => {
    const index = [0, 1, 2].map((axis) =>
      (corner >> axis) & 1 ? (box.high[axis] as number) - 1 : (box.low[axis] as number),
    );
    return worldToVoxel(other, voxelToWorld(grid, index as unknown as Vector3));
  });
  const along = (axis: number) => corners.map((corner) => corner[axis] as number);
  // Rounding must not cost a voxel where the two grids are one.
  const slack = 1e-3;
  return clipped(
    [0, 1, 2].map((axis) => Math.floor(Math.min(...along(axis)) + slack)),
    [0, 1, 2].map((axis) => Math.ceil(Math.max(...along(axis)) - slack) + 1),
    other,
  );
}

/** Volume of a box in mm³; 0 for an empty one. */
export function boxVolume({ low, high }: VoxelBox, { spacing }: Grid): number {
  return low.reduce(
    (product, v, i) => product * Math.max(0, (high[i] as number) - v) * (spacing[i] as number),
    1,
  );
}

function clipped(low: readonly number[], high: readonly number[], grid: Grid): VoxelBox {
  return {
    low: low.map((v, i) => Math.min(Math.max(v, 0), grid.size[i] as number)) as unknown as Vector3,
    high: high.map((v, i) =>
      Math.min(Math.max(v, 0), grid.size[i] as number),
    ) as unknown as Vector3,
  };
}
