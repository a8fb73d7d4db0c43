import type { Vector3 } from '../volume/volume.js';

/**
 * Sums over windows of 2 r + 1 voxels along each axis, cut at the border: out[i] is the sum of `values` round voxel i.
 * Running sums, so the cost does not depend on the window.
 */
export function windowSums(
  values: Float64Array,
  [nx, ny, nz]: Vector3,
  [rx, ry, rz]: Vector3,
): Float64Array {
  const alongX = lineSums(values, nx, 1, rx);
  const alongY = lineSums(alongX, ny, nx, ry);
  return lineSums(alongY, nz, nx * ny, rz);
}

/** Sums along one axis of `n` voxels that lie `stride` apart. */
function lineSums(values: Float64Array, n: number, stride: number, r: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let block = 0; block < values.length; block += n * stride) {
    for (let line = block; line < block + stride; line += 1) {
      let sum = 0;
      for (let i = 0; i < Math.min(r, n); i += 1) sum += values[line + i * stride] as number;
      for (let i = 0; i < n; i += 1) {
        if (i + r < n) sum += values[line + (i + r) * stride] as number;
        if (i - r > 0) sum -= values[line + (i - r - 1) * stride] as number;
        out[line + i * stride] = sum;
      }
    }
  }
  return out;
}
