import { readGrid } from '../volume/read-grid.js';
import { makeVolume, type Volume, voxelCount } from '../volume/volume.js';
import type { BoxedLesion } from './lld-annotation.js';

/**
 * Writes a mask that fills the boxes of a lesion on the grid of its image, and returns its path:
 * the box of each slice where they are given, else the solid box. x and y end before their maximum,
 * slices include it, as the set's own cropping script (LLD-MMRI2023, preprocess/crop_roi.py) takes
 * them. Undefined where no box lies in the image or the image cannot be read.
 */
export async function writeBoxMask(
  image: string,
  { slices, solid }: BoxedLesion,
  write: (mask: Volume) => Promise<string>,
): Promise<string | undefined> {
  const grid = await readGrid(image).catch(() => undefined);
  if (grid === undefined) return undefined;
  const [nx, ny, nz] = grid.size;
  const data = new Uint8Array(voxelCount(grid.size));
  const boxes =
    slices.length > 0
      ? slices.map((box) => ({ ...box, z_min: box.slice_idx, z_max: box.slice_idx }))
      : solid === undefined
        ? []
        : [solid];
  let filled = 0;
  for (const box of boxes) {
    const [x0, y0] = [Math.max(0, Math.floor(box.x_min)), Math.max(0, Math.floor(box.y_min))];
    const x1 = Math.min(nx, Math.max(x0 + 1, Math.ceil(box.x_max)));
    const y1 = Math.min(ny, Math.max(y0 + 1, Math.ceil(box.y_max)));
    for (let z = Math.max(0, box.z_min); z <= Math.min(nz - 1, box.z_max); z += 1) {
      for (let y = y0; y < y1; y += 1) {
        const row = (z * ny + y) * nx;
        if (x1 > x0) data.fill(1, row + x0, row + x1);
        filled += Math.max(0, x1 - x0);
      }
    }
  }
  return filled === 0 ? undefined : await write(makeVolume(grid, data));
}
