import type { Intensity } from '../dataset/dataset-schema.js';
import { storedIntensity } from '../prepare/intensity.js';
import { voxelToWorld, worldToVoxel } from '../volume/geometry.js';
import type { Grid, Vector3, Volume } from '../volume/volume.js';

/** One panel of a contact sheet, `[height, width]`, row major. */
export interface SheetView {
  readonly width: number;
  readonly height: number;
  /** The window of the dataset, 0..255; 0 outside the volume. */
  readonly grey: Uint8Array;
  /** 1 inside the lesion. */
  readonly mask: Uint8Array;
}

/** Longest side of a panel in pixels. */
const longestSide = 208;

/** The pixels of a panel: a slice of `grid`, thinned to a square pixel of equal size in mm. */
interface Frame {
  readonly grid: Grid;
  readonly slice: number;
  readonly width: number;
  readonly height: number;
}

/** The slice of `grid` as a panel sees it; the pixel is square in mm, so that shapes stay true. */
export function frameOf(grid: Grid, slice: number): Frame {
  const [width, height] = [grid.size[0] * grid.spacing[0], grid.size[1] * grid.spacing[1]];
  const step = Math.max(width, height) / longestSide;
  return {
    grid,
    slice,
    width: Math.max(1, Math.round(width / step)),
    height: Math.max(1, Math.round(height / step)),
  };
}

/**
 * Shows `volume` where it lies in the world, seen through the frame: a phase that is shifted or flipped
 * against the mask shows it, whatever its grid. Nearest voxels.
 */
export function sheetView(
  frame: Frame,
  volume: Volume,
  mask: Volume,
  label: number | undefined,
  intensity: Intensity,
): SheetView {
  const { offset, scale, window } = storedIntensity(volume, intensity);
  const [lower, upper] = window;
  const { width, height } = frame;
  const grey = new Uint8Array(width * height);
  const inside = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const point = pointAt(frame, row, column);
      const value = valueAt(volume, point);
      if (value !== undefined) {
        const share = ((value - offset) * scale - lower) / (upper - lower);
        grey[row * width + column] = Math.round(255 * Math.min(1, Math.max(0, share)));
      }
      const drawn = valueAt(mask, point) ?? 0;
      if (label === undefined ? drawn !== 0 : drawn === label) inside[row * width + column] = 1;
    }
  }
  return { width, height, grey, mask: inside };
}

/** The slice on which most voxels carry the label; undefined for an empty mask. */
export function largestSlice(mask: Volume, label: number | undefined): number | undefined {
  const area = mask.size[0] * mask.size[1];
  const counts = new Float64Array(mask.size[2]);
  mask.data.forEach((value: number, i: number) => {
    if (label === undefined ? value !== 0 : value === label) {
      const slice = Math.floor(i / area);
      counts[slice] = (counts[slice] as number) + 1;
    }
  });
  const most = counts.reduce((best, count, i) => (count > (counts[best] as number) ? i : best), 0);
  return (counts[most] as number) > 0 ? most : undefined;
}

function pointAt({ grid, slice, width, height }: Frame, row: number, column: number): Vector3 {
  const x = ((column + 0.5) / width) * grid.size[0] - 0.5;
  const y = ((row + 0.5) / height) * grid.size[1] - 0.5;
  return voxelToWorld(grid, [x, y, slice]);
}

/** Value of the nearest voxel; undefined outside the volume. */
function valueAt(volume: Volume, point: Vector3): number | undefined {
  const [nx, ny, nz] = volume.size;
  const [x, y, z] = worldToVoxel(volume, point).map(Math.round) as [number, number, number];
  if (x < 0 || y < 0 || z < 0 || x >= nx || y >= ny || z >= nz) return undefined;
  return volume.data[(z * ny + y) * nx + x];
}
