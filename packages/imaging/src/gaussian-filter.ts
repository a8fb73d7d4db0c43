import { callBinding } from './binding.js';
import type { Size } from './size.js';

/**
 * Smooths a volume with a Gaussian; edge values continue beyond the border.
 *
 * Equals `scipy.ndimage.gaussian_filter(volume, sigma, mode='nearest', truncate=4)` on float32. Synchronous.
 *
 * @param data values, x fastest, `size[0] * size[1] * size[2]` of them
 * @param sigmaVoxels standard deviation along x, y, z in voxels, 0 to 4096; 0 leaves the axis alone
 * @returns a new array of the same length
 * @throws FlcError DATA_ERROR (wrong length), INVALID_CONFIG (size or sigma out of range)
 */
export function gaussianFilter(
  data: Float32Array,
  size: Size,
  sigmaVoxels: readonly [x: number, y: number, z: number],
): Float32Array {
  return callBinding((binding) => binding.gaussianFilter(data, [...size], [...sigmaVoxels]));
}
