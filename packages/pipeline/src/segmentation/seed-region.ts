import type { Region } from '@flc-native/imaging';
import type { Grid } from '../volume/volume.js';
import { type SeedImage, seedValues } from './seed-image.js';

/**
 * The box of all seeds with a margin in mm in plane, kept inside the grid. A slice in which surroundings alone are marked
 * ends it; where the last slice holds lesion, there is one more.
 */
export function seedRegion({ labels }: SeedImage, grid: Grid, margin: number): Region {
  const [nx, ny] = grid.size;
  const low = [...grid.size];
  const high = [0, 0, 0];
  const withLesion = new Set<number>();
  labels.forEach((label, i) => {
    if (label === 0) return;
    const at = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
    for (let axis = 0; axis < 3; axis += 1) {
      low[axis] = Math.min(low[axis] as number, at[axis] as number);
      high[axis] = Math.max(high[axis] as number, at[axis] as number);
    }
    if (label === seedValues.lesion) withLesion.add(at[2] as number);
  });
  const inPlane = [0, 1].map((axis) => Math.ceil(margin / (grid.spacing[axis] as number)));
  const beyond = (slice: number | undefined) => (withLesion.has(slice as number) ? 1 : 0);
  const below = [...inPlane, beyond(low[2])];
  const above = [...inPlane, beyond(high[2])];
  const from = low.map((v, axis) => Math.max(0, v - (below[axis] as number)));
  const to = high.map((v, axis) =>
    Math.min(grid.size[axis] as number, v + 1 + (above[axis] as number)),
  );
  return {
    offset: from as unknown as Region['offset'],
    size: to.map((v, axis) => v - (from[axis] as number)) as unknown as Region['size'],
  };
}

/** Whether all seeds lie in a region. */
export function holdsSeeds({ offset, size }: Region, { labels }: SeedImage, grid: Grid): boolean {
  const [nx, ny] = grid.size;
  return labels.every((label, i) => {
    if (label === 0) return true;
    const at = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
    return at.every((v, axis) => {
      const inside = v - (offset[axis] as number);
      return inside >= 0 && inside < (size[axis] as number);
    });
  });
}

/** Whether a mask of a region reaches a side of it beyond which the grid goes on. */
export function reachesBorder(inside: Uint8Array, { offset, size }: Region, grid: Grid): boolean {
  const [nx, ny] = size;
  const open = size.map((n, axis) => {
    const from = offset[axis] as number;
    return [from > 0, from + n < (grid.size[axis] as number)] as const;
  });
  return inside.some((value, i) => {
    if (value === 0) return false;
    const at = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
    return at.some((v, axis) => {
      const [below, above] = open[axis] as readonly [boolean, boolean];
      return (v === 0 && below) || (v === (size[axis] as number) - 1 && above);
    });
  });
}
