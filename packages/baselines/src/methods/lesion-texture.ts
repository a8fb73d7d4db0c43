import {
  greyCooccurrence,
  haralickFeatures,
  haralickNames,
  type PixelOffset,
} from '@flc-native/imaging';
import type { SamplePixels } from '@flc-native/pipeline';

/** Half the directions of a slice; a pair counts for both of its ends. */
const directions: readonly PixelOffset[] = [
  [0, 1],
  [1, 1],
  [1, 0],
  [1, -1],
];

/**
 * Haralick's features of the lesion in one phase, the mean over the directions. Counts are pooled over the slices.
 *
 * @param levels grey levels that the intensity window is divided into
 * @returns undefined where no two pixels of the lesion touch
 */
export function lesionTexture(
  slices: readonly SamplePixels[],
  phase: number,
  levels: number,
): Float64Array | undefined {
  const counts = directions.map(() => new Uint32Array(levels * levels));
  for (const slice of slices) {
    const [, rows, columns] = slice.shape;
    const grey = greyLevels(slice, phase, levels);
    const found = greyCooccurrence(grey, slice.mask, [columns, rows], levels, directions);
    for (const [i, total] of counts.entries()) {
      const part = found.subarray(i * total.length, (i + 1) * total.length);
      for (const [at, count] of part.entries()) total[at] = (total[at] as number) + count;
    }
  }
  const filled = counts.filter((matrix) => matrix.some((count) => count > 0));
  if (filled.length === 0) return undefined;
  const mean = new Float64Array(haralickNames.length);
  for (const matrix of filled) {
    for (const [at, value] of haralickFeatures(matrix, levels).entries()) {
      mean[at] = (mean[at] as number) + value / filled.length;
    }
  }
  return mean;
}

/** The window of the phase in equal steps; values beyond it get the first and the last level. */
function greyLevels({ image, shape, window }: SamplePixels, phase: number, levels: number) {
  const pixels = shape[1] * shape[2];
  const lower = window[2 * phase] as number;
  const upper = window[2 * phase + 1] as number;
  return Uint8Array.from(image.subarray(phase * pixels, (phase + 1) * pixels), (value) =>
    Math.min(Math.max(Math.floor(((value - lower) / (upper - lower)) * levels), 0), levels - 1),
  );
}
