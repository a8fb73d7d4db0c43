import { callBinding } from './binding.js';
import type { Interpolation, Size } from './size.js';

/**
 * Pulls a volume through a displacement field: `out(p) = in(p + field(p))`. Synchronous.
 *
 * A voxel reaches half a voxel beyond its centre (as in ITK): within that the edge value counts, beyond it `fill`.
 *
 * @param data values, x fastest, n = `size[0] * size[1] * size[2]` of them
 * @param field 3n displacements in voxels: n along x, then n along y, then n along z
 * @param fill value of voxels that come from outside of the volume
 * @returns a new array of n values
 * @throws FlcError DATA_ERROR (wrong length, NaN or infinity in the field), INVALID_CONFIG (size, interpolation, fill)
 */
export function warpVolume(
  data: Float32Array,
  size: Size,
  field: Float32Array,
  interpolation: Interpolation,
  fill: number,
): Float32Array {
  return callBinding((binding) => binding.warpVolume(data, [...size], field, interpolation, fill));
}
