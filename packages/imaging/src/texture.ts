import { callBinding } from './binding.js';
import type { SliceSize } from './size.js';
import { wholeNumber } from './whole-number.js';

/** From the first pixel of a pair to the second. */
export type PixelOffset = readonly [rows: number, columns: number];

/**
 * Counts pairs of grey levels: `graycomatrix` of scikit-image, but with a mask and offsets in whole pixels. Synchronous.
 *
 * @param image grey levels below `levels`, columns fastest
 * @param mask both pixels of a pair are other than 0 here
 * @param levels 2 to 256
 * @returns [offset, level of the first pixel, level of the second]
 * @throws FlcError DATA_ERROR (lengths, a level that is too large), INVALID_CONFIG (levels, offsets)
 */
export function greyCooccurrence(
  image: Uint8Array,
  mask: Uint8Array,
  size: SliceSize,
  levels: number,
  offsets: readonly PixelOffset[],
): Uint32Array {
  const [columns, rows] = size.map((n) => wholeNumber('size', n)) as [number, number];
  const pairs = Int32Array.from(offsets.flat());
  const grey = wholeNumber('levels', levels);
  return callBinding((binding) =>
    binding.greyCooccurrence(image, mask, rows, columns, grey, pairs),
  );
}

/** The numbers of {@link haralickFeatures} in their order. */
export const haralickNames = [
  'angular second moment',
  'contrast',
  'correlation',
  'homogeneity',
  'entropy',
  'cluster shade',
  'cluster prominence',
] as const;

/**
 * Texture features of co-occurrence counts, each matrix made symmetric and normalised first. Synchronous.
 *
 * The first five are those of Haralick, Shanmugam and Dinstein (1973) as scikit-image's `graycoprops` has them; the last
 * two are of Conners, Trivedi and Harlow (1984).
 *
 * @param counts [matrix, levels, levels]
 * @returns [matrix, {@link haralickNames}]
 * @throws FlcError DATA_ERROR (lengths, a matrix without counts)
 */
export function haralickFeatures(counts: Uint32Array, levels: number): Float64Array {
  const grey = wholeNumber('levels', levels);
  return callBinding((binding) => binding.haralickFeatures(counts, grey));
}

/**
 * Rotation-invariant uniform local binary patterns, 0 to `points` + 1 (Ojala et al. 2002); the codes of scikit-image's
 * `local_binary_pattern(image, points, radius, 'uniform')`. Synchronous.
 *
 * @param image values, columns fastest; beyond its border everything is 0
 * @throws FlcError DATA_ERROR (length, NaN), INVALID_CONFIG (points, radius)
 */
export function uniformLocalBinaryPattern(
  image: Float32Array,
  size: SliceSize,
  points: number,
  radius: number,
): Uint8Array {
  const [columns, rows] = size.map((n) => wholeNumber('size', n)) as [number, number];
  const neighbours = wholeNumber('points', points);
  return callBinding((binding) =>
    binding.uniformLocalBinaryPattern(image, rows, columns, neighbours, radius),
  );
}
