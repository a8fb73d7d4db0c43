import type { Random } from '../random/index.js';
import type { Grid } from '../volume/index.js';
import type { LesionShape } from './lesion-shape.js';
import { boxOf, forEachRow } from './paint.js';

/** Values of the seed image. */
export const seedLabels = { lesion: 1, surroundings: 2 } as const;

/** Voxels marked with each label at most. */
const seedsPerLabel = 24;

/**
 * What a person would mark for a random-walk segmentation: a few voxels well inside the lesion and a few of the liver
 * round it. Never empty inside: the voxel nearest to the centre is always marked.
 */
export function drawSeeds(
  random: Random,
  grid: Grid,
  shape: LesionShape,
  lesionMask: Uint8Array,
  liverMask: Uint8Array,
): Uint8Array {
  const seeds = new Uint8Array(lesionMask.length);
  const around: LesionShape = {
    ...shape,
    bounds: [
      shape.centre.map(
        (c) => c - 2 * shape.radius - grid.spacing[2],
      ) as unknown as LesionShape['centre'],
      shape.centre.map(
        (c) => c + 2 * shape.radius + grid.spacing[2],
      ) as unknown as LesionShape['centre'],
    ],
  };
  const box = boxOf(around, grid, 0);
  if (box === undefined) return seeds;
  const n = box[1][0] - box[0][0];
  const depth = new Float64Array(n);
  const inner: number[] = [];
  const outer: number[] = [];
  let innermost = -1;
  let least = Number.POSITIVE_INFINITY;
  forEachRow(grid, box, (offset, x0, y, z) => {
    shape.depthRow(depth, x0, grid.spacing[0], n, y, z);
    for (let i = 0; i < n; i++) {
      const d = depth[i] as number;
      const voxel = offset + i;
      if (lesionMask[voxel] === 1) {
        if (d < 0.55) inner.push(voxel);
        if (d < least) {
          least = d;
          innermost = voxel;
        }
      } else if (liverMask[voxel] === 1 && d > 1.3 && d < 1.9) outer.push(voxel);
    }
  });
  for (const voxel of random.shuffle(inner).slice(0, seedsPerLabel))
    seeds[voxel] = seedLabels.lesion;
  for (const voxel of random.shuffle(outer).slice(0, seedsPerLabel)) {
    seeds[voxel] = seedLabels.surroundings;
  }
  if (innermost >= 0) seeds[innermost] = seedLabels.lesion;
  return seeds;
}
