import type { Region } from '@flc-native/imaging';
import type { Grid } from '../volume/volume.js';
import type { SeedImage } from './seed-image.js';

/** The box of all seeds with a margin in mm in plane and one slice above and below, kept inside the grid. */
export function seedRegion({ labels }: SeedImage, grid: Grid, margin: number): Region {
  const [nx, ny] = grid.size;
  const low = [...grid.size];
  const high = [0, 0, 0];
  labels.forEach((label, i) => {
    if (label === 0) return;
    const at = [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))];
    for (let axis = 0; axis < 3; axis += 1) {
      low[axis] = Math.min(low[axis] as number, at[axis] as number);
      high[axis] = Math.max(high[axis] as number, at[axis] as number);
    }
  });
  const grow = [Math.ceil(margin / grid.spacing[0]), Math.ceil(margin / grid.spacing[1]), 1];
  const from = low.map((v, axis) => Math.max(0, v - (grow[axis] as number)));
  const to = high.map((v, axis) =>
    Math.min(grid.size[axis] as number, v + 1 + (grow[axis] as number)),
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
