import { callBinding } from './binding.js';
import type { Size } from './size.js';

/** Which voxels touch: those sharing a face (6), also an edge (18), also a corner (26). */
export type Connectivity = 6 | 18 | 26;

export interface Components {
  /** One label per voxel: 0 outside of the mask, 1.. inside, numbered by first appearance with x fastest. */
  readonly labels: Int32Array;
  /** Number of parts. */
  readonly count: number;
  /** `sizes[i]` is the number of voxels with label i + 1; `count` entries. */
  readonly sizes: Int32Array;
}

/**
 * Finds the connected parts of the voxels that are not 0, as `scipy.ndimage.label`. Synchronous.
 *
 * @param mask values, x fastest, `size[0] * size[1] * size[2]` of them
 * @throws FlcError DATA_ERROR (wrong length), INVALID_CONFIG (size, connectivity)
 */
export function connectedComponents(
  mask: Uint8Array,
  size: Size,
  connectivity: Connectivity,
): Components {
  const { labels, sizes } = callBinding((binding) =>
    binding.connectedComponents(mask, [...size], connectivity),
  );
  return { labels, count: sizes.length, sizes };
}
