import { FlcError } from '@flc-native/errors';
import type { SeedMarks, SeedPoint } from '../dataset/seeds-schema.js';
import { requireLabels } from '../prepare/lesion-geometry.js';
import { voxelToWorld, worldToVoxel } from '../volume/geometry.js';
import { type Grid, type Vector3, type Volume, voxelCount } from '../volume/volume.js';

/** What the values of a seed image mean; values above 2 are surroundings of another kind. */
export const seedValues = { lesion: 1, surroundings: 2 } as const;

/** The random walk stores labels as bytes. */
const mostLabels = 255;

/** A marked place: its label, and points (LPS, mm) no further apart than the voxels of the grids it is meant for. */
export interface SeedMark {
  readonly label: number;
  readonly points: readonly Vector3[];
}

/** Seeds on a grid. */
export interface SeedImage {
  /** By voxel, x fastest: 0 unknown, 1 lesion, 2.. surroundings, without gaps. */
  readonly labels: Uint8Array;
  readonly count: number;
}

/** The marks of a seed image: one for each voxel that is not 0. DATA_ERROR for values that are no labels. */
export function marksOfImage(image: Volume): SeedMark[] {
  requireLabels(image);
  const [nx, ny] = image.size;
  const marks: SeedMark[] = [];
  image.data.forEach((label: number, i: number) => {
    if (label === 0) return;
    const voxel: Vector3 = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
    marks.push({ label, points: [voxelToWorld(image, voxel)] });
  });
  return marks;
}

/** Marks from points and strokes; strokes are sampled so that they skip no voxel of the grid. */
export function marksOfStrokes({ lesion, surroundings }: SeedMarks, grid: Grid): SeedMark[] {
  const step = Math.min(...grid.spacing) / 2;
  const marks = (list: SeedMarks['lesion'], label: number) =>
    list.map((mark) => ({ label, points: isPoint(mark) ? [mark] : along(mark, step) }));
  return [...marks(lesion, seedValues.lesion), ...marks(surroundings, seedValues.surroundings)];
}

function isPoint(mark: SeedMarks['lesion'][number]): mark is SeedPoint {
  return typeof mark[0] === 'number';
}

function along(stroke: readonly SeedPoint[], step: number): Vector3[] {
  return stroke.flatMap((to, i) => {
    const from = stroke[i - 1];
    if (from === undefined) return [to];
    const length = Math.hypot(...to.map((v, axis) => v - (from[axis] as number)));
    const count = Math.max(1, Math.ceil(length / step));
    return Array.from({ length: count }, (_, k) => {
      const share = (k + 1) / count;
      return from.map((v, axis) => v + share * ((to[axis] as number) - v)) as unknown as Vector3;
    });
  });
}

/**
 * Draws marks onto a grid. DATA_ERROR if a mark lies outside, if one voxel gets two labels, or if lesion or surroundings
 * have no mark.
 */
export function drawSeedImage(marks: readonly SeedMark[], grid: Grid): SeedImage {
  const used = [...new Set(marks.map(({ label }) => label))].sort((a, b) => a - b);
  if (used[0] !== seedValues.lesion || used.length < 2) {
    const what = used.includes(seedValues.lesion) ? 'surroundings' : 'lesion';
    throw wrong(`no seed marks the ${what}`, `mark some voxels of the ${what}`);
  }
  if (used.length > mostLabels) throw wrong('too many labels', `use at most ${mostLabels}`);
  const labels = new Uint8Array(voxelCount(grid.size));
  const [nx, ny] = grid.size;
  for (const { label, points } of marks) {
    const value = used.indexOf(label) + 1;
    for (const point of points) {
      const [x, y, z] = worldToVoxel(grid, point).map(Math.round) as unknown as Vector3;
      if (![x, y, z].every((v, axis) => v >= 0 && v < (grid.size[axis] as number))) {
        throw wrong('a seed lies outside of the image', 'give points in mm, LPS (DICOM) world');
      }
      const at = (z * ny + y) * nx + x;
      if (labels[at] !== 0 && labels[at] !== value) {
        throw wrong('a voxel is marked with two labels', 'take one of the two seeds away', {
          voxel: [x, y, z],
        });
      }
      labels[at] = value;
    }
  }
  return { labels, count: used.length };
}

function wrong(problem: string, remedy: string, details: Record<string, unknown> = {}): FlcError {
  return new FlcError('DATA_ERROR', `seeds: ${problem}`, { details, remedy });
}
