import { callBinding } from './binding.js';
import type { Interpolation, Size, SliceSize } from './size.js';

/**
 * Changes the number of voxels over the same extent, half-pixel centres (`align_corners = false`). Synchronous.
 *
 * Voxel i of the new grid lies at `(i + 0.5) * old / new - 0.5` of the old one; beyond the outer centres the edge
 * value continues. There is no anti-aliasing: smooth first when the grid becomes much coarser.
 *
 * @param data values, x fastest, `size[0] * size[1] * size[2]` of them
 * @returns a new array of `newSize[0] * newSize[1] * newSize[2]` values
 * @throws FlcError DATA_ERROR (wrong length), INVALID_CONFIG (size, newSize, interpolation)
 */
export function resampleVolume(
  data: Float32Array,
  size: Size,
  newSize: Size,
  interpolation: Interpolation,
): Float32Array {
  return callBinding((binding) =>
    binding.resampleVolume(data, [...size], [...newSize], interpolation),
  );
}

/** {@link resampleVolume} for one slice: sizes are [columns, rows]. */
export function resampleSlice(
  data: Float32Array,
  size: SliceSize,
  newSize: SliceSize,
  interpolation: Interpolation,
): Float32Array {
  return callBinding((binding) =>
    binding.resampleVolume(data, [...size, 1], [...newSize, 1], interpolation),
  );
}
