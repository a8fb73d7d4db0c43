import { FlcError } from '@flc-native/errors';

/** Rows and columns of a patch, pixels. */
export const patchSize = 7;

/** By how much the coverage threshold falls when no patch reaches it. */
const coverageStep = 0.05;

export interface PatchGrid {
  /** Top-left corners as (row, column) pairs relative to the ROI, row by row. */
  readonly patches: Int32Array;
  /** The threshold that was used; 0 means that one mask pixel was enough. */
  readonly coverage: number;
  /** Whether the threshold had to fall below the wanted one. */
  readonly lowered: boolean;
}

/**
 * Patches of 7 x 7 pixels on a grid from the ROI's top-left corner, at rows 0, pace, 2 pace ... <= h-7 (columns alike),
 * of which at least the fraction `coverage` lies in the mask. If no patch does, the threshold falls by 0.05 until one
 * does, in the end to a single mask pixel, so that every lesion can be classified. Where the coarse grid misses the mask
 * altogether, the grid of pace 1 is taken.
 *
 * @param mask ROI [h, w], row major, non-zero = lesion
 * @throws FlcError INVALID_CONFIG for a box below 7 x 7 or a wrong pace or coverage; DATA_ERROR for an empty mask
 */
export function patchGrid(
  mask: Uint8Array,
  h: number,
  w: number,
  pace: number,
  coverage = 0.9,
): PatchGrid {
  checkArguments(mask, h, w, pace, coverage);
  const sums = integralImage(mask, h, w);
  if (sums[sums.length - 1] === 0) {
    throw new FlcError('DATA_ERROR', 'The lesion mask is empty inside its box', {
      details: { h, w },
    });
  }
  const counts = patchCounts(sums, h, w, pace);
  const best = counts.reduce((most, count) => Math.max(most, count), 0);
  if (best === 0) return { ...patchGrid(mask, h, w, 1, coverage), lowered: true };
  const used = usedCoverage(coverage, best);
  const needed = neededPixels(used);
  const columns = Math.floor((w - patchSize) / pace) + 1;
  const corners: number[] = [];
  counts.forEach((count, i) => {
    if (count >= needed) corners.push(Math.floor(i / columns) * pace, (i % columns) * pace);
  });
  return { patches: Int32Array.from(corners), coverage: used, lowered: used < coverage };
}

function usedCoverage(wanted: number, bestCount: number): number {
  for (let step = 0; ; step++) {
    // Rounded, so that 0.9 - 3 * 0.05 is 0.75 and not 0.7500000000000001.
    const coverage = Math.max(0, Math.round((wanted - step * coverageStep) * 1e6) / 1e6);
    if (bestCount >= neededPixels(coverage)) return coverage;
  }
}

function neededPixels(coverage: number): number {
  return Math.max(1, Math.ceil(coverage * patchSize * patchSize - 1e-9));
}

/** Mask pixels under each patch of the grid, row by row. */
function patchCounts(sums: Int32Array, h: number, w: number, pace: number): Int32Array {
  const stride = w + 1;
  const rows = Math.floor((h - patchSize) / pace) + 1;
  const columns = Math.floor((w - patchSize) / pace) + 1;
  const counts = new Int32Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const top = i * pace * stride;
    const bottom = top + patchSize * stride;
    for (let j = 0; j < columns; j++) {
      const left = j * pace;
      const right = left + patchSize;
      counts[i * columns + j] =
        at(sums, bottom + right) -
        at(sums, bottom + left) -
        at(sums, top + right) +
        at(sums, top + left);
    }
  }
  return counts;
}

/** Sums of the mask over all rows above and columns left of a corner, [h+1, w+1]. */
function integralImage(mask: Uint8Array, h: number, w: number): Int32Array {
  const sums = new Int32Array((h + 1) * (w + 1));
  for (let r = 0; r < h; r++) {
    let row = 0;
    for (let c = 0; c < w; c++) {
      row += mask[r * w + c] === 0 ? 0 : 1;
      sums[(r + 1) * (w + 1) + c + 1] = at(sums, r * (w + 1) + c + 1) + row;
    }
  }
  return sums;
}

function at(array: Int32Array, index: number): number {
  return array[index] as number;
}

function checkArguments(
  mask: Uint8Array,
  h: number,
  w: number,
  pace: number,
  coverage: number,
): void {
  const details = { h, w, pace, coverage, maskLength: mask.length };
  if (!Number.isInteger(h) || !Number.isInteger(w) || h < patchSize || w < patchSize) {
    throw new FlcError('INVALID_CONFIG', 'A patch grid needs a box of at least 7 x 7 pixels', {
      details,
    });
  }
  if (mask.length !== h * w) {
    throw new FlcError('INVALID_CONFIG', 'The mask does not have h x w pixels', { details });
  }
  if (!Number.isInteger(pace) || pace < 1 || !(coverage >= 0 && coverage <= 1)) {
    throw new FlcError('INVALID_CONFIG', 'Pace is an integer from 1, coverage lies in 0..1', {
      details,
    });
  }
}
