import { resampleSlice } from '@flc-native/imaging';
import type { Volume, VoxelData } from '../volume/volume.js';
import type { Box } from './bounding-box.js';

/**
 * One slice of one phase. A pixel (row, column) of the reference slice is read at
 * (row + rowShift, column + columnShift).
 */
export interface Plane {
  readonly data: VoxelData;
  readonly width: number;
  readonly height: number;
  readonly rowShift: number;
  readonly columnShift: number;
}

/** Spacing of columns and rows in mm that slices are brought to; undefined leaves them as they are. */
export type TargetSpacing = readonly [x: number, y: number] | undefined;

/** Pixels (columns, rows) of a slice after resampling. */
export function resampledSize(volume: Volume, target: TargetSpacing): [number, number] {
  const [nx, ny] = volume.size;
  if (target === undefined) return [nx, ny];
  return [
    Math.max(1, Math.round((nx * volume.spacing[0]) / target[0])),
    Math.max(1, Math.round((ny * volume.spacing[1]) / target[1])),
  ];
}

/** The voxels of a slice: a view where nothing is resampled, else linear with half-pixel centres. */
export function slicePixels(
  volume: Volume,
  slice: number,
  [width, height]: readonly [number, number],
): VoxelData {
  const [nx, ny] = volume.size;
  const view = volume.data.subarray(slice * nx * ny, (slice + 1) * nx * ny);
  if (width === nx && height === ny) return view;
  return resampleSlice(Float32Array.from(view), [nx, ny], [width, height], 'linear');
}

/**
 * Resamples a binary plane: inside where the linear interpolation reaches one half. A mask that
 * vanishes by that (thin, coarse target) keeps the pixel at its highest value.
 */
export function resampleMask(
  plane: Uint8Array,
  size: readonly [number, number],
  newSize: readonly [number, number],
): Uint8Array {
  if (size[0] === newSize[0] && size[1] === newSize[1]) return plane;
  const soft = resampleSlice(Float32Array.from(plane), size, newSize, 'linear');
  const hard = Uint8Array.from(soft, (v) => (v >= 0.5 ? 1 : 0));
  if (!hard.includes(1) && plane.includes(1)) {
    const most = soft.reduce((best, v, i) => (v > (soft[best] as number) ? i : best), 0);
    hard[most] = 1;
  }
  return hard;
}

/**
 * Cuts a box with a margin out of a plane. Pixels beyond the border repeat the edge value.
 * Returns [h + 2 margin, w + 2 margin], row major.
 */
export function cutBox(plane: Plane, box: Box, margin: number): Float32Array {
  const rows = box.h + 2 * margin;
  const columns = box.w + 2 * margin;
  const out = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r += 1) {
    const row = clamp(box.row - margin + r + plane.rowShift, plane.height);
    for (let c = 0; c < columns; c += 1) {
      const column = clamp(box.column - margin + c + plane.columnShift, plane.width);
      out[r * columns + c] = plane.data[row * plane.width + column] as number;
    }
  }
  return out;
}

/** As {@link cutBox} for a mask, but outside the border is outside the mask. */
export function cutMask(plane: Plane, box: Box, margin: number): Uint8Array {
  const rows = box.h + 2 * margin;
  const columns = box.w + 2 * margin;
  const out = new Uint8Array(rows * columns);
  for (let r = 0; r < rows; r += 1) {
    const row = box.row - margin + r + plane.rowShift;
    if (row < 0 || row >= plane.height) continue;
    for (let c = 0; c < columns; c += 1) {
      const column = box.column - margin + c + plane.columnShift;
      if (column < 0 || column >= plane.width) continue;
      out[r * columns + c] = plane.data[row * plane.width + column] === 0 ? 0 : 1;
    }
  }
  return out;
}

function clamp(index: number, extent: number): number {
  return Math.min(Math.max(index, 0), extent - 1);
}
