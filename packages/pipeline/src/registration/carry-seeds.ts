import type { SeedMarks } from '../dataset/seeds-schema.js';
import { voxelToWorld, worldToVoxel } from '../volume/geometry.js';
import {
  type Grid,
  makeVolume,
  type Vector3,
  type Volume,
  voxelArrays,
  voxelCount,
} from '../volume/volume.js';
import { inverseTransformPoint } from './inverse.js';
import type { SpatialTransform } from './spatial-transform.js';

/** Points and strokes of a phase where their tissue lies on the reference; strokes stay straight between their points. */
export function carryMarks(marks: SeedMarks, transform: SpatialTransform): SeedMarks {
  const carry = (list: SeedMarks['lesion']) =>
    list.map((mark) =>
      isStroke(mark)
        ? mark.map((point) => inverseTransformPoint(transform, point) as [number, number, number])
        : (inverseTransformPoint(transform, mark as Vector3) as [number, number, number]),
    );
  return { lesion: carry(marks.lesion), surroundings: carry(marks.surroundings) };
}

type Mark = SeedMarks['lesion'][number];

function isStroke(mark: Mark): mark is Extract<Mark, readonly unknown[][]> {
  return Array.isArray(mark[0]);
}

/**
 * A seed image of a phase on the grid of the reference. Each marked voxel is pushed to the voxel in which its centre comes
 * to lie: pulled as a mask is, a seed of one voxel could fall between the voxels and be lost. A voxel that two labels
 * reach takes none; one that leaves the grid is left out.
 */
export function carrySeedImage(seeds: Volume, transform: SpatialTransform, onto: Grid): Volume {
  const out = new voxelArrays[seeds.dtype](voxelCount(onto.size));
  const disputed = new Set<number>();
  const [nx, ny] = seeds.size;
  seeds.data.forEach((label: number, i: number) => {
    if (label === 0) return;
    const voxel: Vector3 = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
    const place = inverseTransformPoint(transform, voxelToWorld(seeds, voxel));
    const at = offsetOf(onto, place);
    if (at === undefined) return;
    if (out[at] !== 0 && out[at] !== label) disputed.add(at);
    out[at] = label;
  });
  for (const at of disputed) out[at] = 0;
  return makeVolume(onto, out);
}

function offsetOf(grid: Grid, point: Vector3): number | undefined {
  const [x, y, z] = worldToVoxel(grid, point).map(Math.round) as unknown as Vector3;
  const [nx, ny, nz] = grid.size;
  const inside = x >= 0 && y >= 0 && z >= 0 && x < nx && y < ny && z < nz;
  return inside ? (z * ny + y) * nx + x : undefined;
}
