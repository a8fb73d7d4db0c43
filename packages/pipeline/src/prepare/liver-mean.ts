import type { Box } from './bounding-box.js';
import type { Plane } from './plane.js';

/** Pixels from the lesion at which the ring begins and ends. */
export const ringPixels = { inner: 5, outer: 15 } as const;

/** A liver mask with fewer pixels in the slice than this gives way to the ring. */
const leastLiverPixels = 50;

export type LiverMeanSource = 'liver' | 'ring' | 'slice';

/**
 * Pixels of a slice that stand for liver: the liver mask without lesions, else a ring of 5-15
 * pixels (Euclidean) round the lesion without other lesions, else the whole slice (a lesion that
 * fills it). `lesions` holds every lesion of the case, `lesion` the one in question.
 */
export function liverPixels(
  lesion: Uint8Array,
  lesions: Uint8Array,
  liver: Uint8Array | undefined,
  box: Box,
  width: number,
  height: number,
): { pixels: Int32Array; source: LiverMeanSource } {
  if (liver !== undefined) {
    const inside: number[] = [];
    liver.forEach((v, i) => {
      if (v !== 0 && lesions[i] === 0) inside.push(i);
    });
    if (inside.length >= leastLiverPixels) {
      return { pixels: Int32Array.from(inside), source: 'liver' };
    }
  }
  const ring = ringRound(lesion, lesions, box, width, height);
  if (ring.length > 0) return { pixels: Int32Array.from(ring), source: 'ring' };
  return { pixels: Int32Array.from(lesion.keys()), source: 'slice' };
}

/** Pixels whose distance to the nearest lesion pixel lies in (inner, outer]. */
function ringRound(
  lesion: Uint8Array,
  lesions: Uint8Array,
  box: Box,
  width: number,
  height: number,
): number[] {
  const reach = ringPixels.outer;
  const top = Math.max(0, box.row - reach);
  const bottom = Math.min(height, box.row + box.h + reach);
  const left = Math.max(0, box.column - reach);
  const right = Math.min(width, box.column + box.w + reach);
  const vertical = verticalDistances(lesion, width, [top, bottom], [left, right]);
  const columns = right - left;
  const ring: number[] = [];
  for (let r = top; r < bottom; r += 1) {
    for (let c = left; c < right; c += 1) {
      const i = r * width + c;
      if (lesions[i] !== 0 || lesion[i] !== 0) continue;
      let nearest = Number.POSITIVE_INFINITY;
      for (let x = Math.max(left, c - reach); x < Math.min(right, c + reach + 1); x += 1) {
        const dy = vertical[(r - top) * columns + (x - left)] as number;
        nearest = Math.min(nearest, dy * dy + (x - c) * (x - c));
      }
      if (nearest > ringPixels.inner ** 2 && nearest <= reach ** 2) ring.push(i);
    }
  }
  return ring;
}

/** Distance to the nearest lesion pixel of the same column, for each pixel of a window. */
function verticalDistances(
  lesion: Uint8Array,
  width: number,
  [top, bottom]: readonly [number, number],
  [left, right]: readonly [number, number],
): Float64Array {
  const columns = right - left;
  const rows = bottom - top;
  const distance = new Float64Array(rows * columns).fill(Number.POSITIVE_INFINITY);
  for (let c = 0; c < columns; c += 1) {
    for (const down of [true, false]) {
      let run = Number.POSITIVE_INFINITY;
      for (let k = 0; k < rows; k += 1) {
        const r = down ? k : rows - 1 - k;
        run = lesion[(top + r) * width + left + c] !== 0 ? 0 : run + 1;
        const at = r * columns + c;
        distance[at] = Math.min(distance[at] as number, run);
      }
    }
  }
  return distance;
}

/** Mean of a phase over pixels of the reference slice; pixels outside the phase are left out. */
export function meanOver(plane: Plane, pixels: Int32Array, width: number): number {
  let sum = 0;
  let count = 0;
  for (const i of pixels) {
    const row = Math.floor(i / width) + plane.rowShift;
    const column = (i % width) + plane.columnShift;
    if (row < 0 || row >= plane.height || column < 0 || column >= plane.width) continue;
    sum += plane.data[row * plane.width + column] as number;
    count += 1;
  }
  return count === 0 ? Number.NaN : sum / count;
}
