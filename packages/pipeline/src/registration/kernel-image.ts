import type { Vector3 } from '../volume/volume.js';
import { cubicSlopes, cubicWeights, worldToIndex } from './cubic-spline.js';
import type { MetricImage } from './metric-image.js';

/** Writes the value at a point (LPS, mm) and its derivatives by x, y and z into `out`; the border goes on outside. */
export type KernelSampler = (x: number, y: number, z: number, out: Float64Array) => void;

/**
 * An image seen through the cubic B-spline kernel, which smooths it equally on the grid and between its points. A linearly
 * interpolated image is blurred between its slices and sharp on them, and a measure of likeness then prefers certain shifts.
 */
export function throughKernel(image: MetricImage): KernelSampler {
  const padded = withBorder(image);
  const [nx, ny] = padded.size;
  const { data } = padded;
  const toIndex = worldToIndex(image);
  const zero = new Float64Array(3);
  toIndex(0, 0, 0, zero);
  const columns = [0, 1, 2].map((axis) => {
    const column = new Float64Array(3);
    toIndex(axis === 0 ? 1 : 0, axis === 1 ? 1 : 0, axis === 2 ? 1 : 0, column);
    return column.map((v, i) => v - (zero[i] as number));
  });
  const index = new Float64Array(3);
  const first = new Int32Array(3);
  const [wx, wy, wz] = [0, 1, 2].map(() => new Float64Array(4)) as Float64Array[] as Triple;
  const [sx, sy, sz] = [0, 1, 2].map(() => new Float64Array(4)) as Float64Array[] as Triple;
  const axes = [
    [wx, sx],
    [wy, sy],
    [wz, sz],
  ] as const;
  return (x, y, z, out) => {
    toIndex(x, y, z, index);
    axes.forEach(([weights, slopes], axis) => {
      const last = (image.size[axis] as number) - 1;
      const wanted = index[axis] as number;
      const at = Math.min(Math.max(wanted, 0), last);
      const whole = Math.min(Math.floor(at), last - 1);
      first[axis] = whole;
      cubicWeights(at - whole, weights);
      if (at === wanted) cubicSlopes(at - whole, slopes);
      else slopes.fill(0);
    });
    let [value, gx, gy, gz] = [0, 0, 0, 0];
    for (let k = 0; k < 4; k += 1) {
      let [planeValue, planeX, planeY] = [0, 0, 0];
      for (let j = 0; j < 4; j += 1) {
        const at =
          (((first[2] as number) + k) * ny + (first[1] as number) + j) * nx + (first[0] as number);
        const a = data[at] as number;
        const b = data[at + 1] as number;
        const c = data[at + 2] as number;
        const d = data[at + 3] as number;
        const row =
          (wx[0] as number) * a +
          (wx[1] as number) * b +
          (wx[2] as number) * c +
          (wx[3] as number) * d;
        const slope =
          (sx[0] as number) * a +
          (sx[1] as number) * b +
          (sx[2] as number) * c +
          (sx[3] as number) * d;
        planeValue += (wy[j] as number) * row;
        planeX += (wy[j] as number) * slope;
        planeY += (sy[j] as number) * row;
      }
      value += (wz[k] as number) * planeValue;
      gx += (wz[k] as number) * planeX;
      gy += (wz[k] as number) * planeY;
      gz += (sz[k] as number) * planeValue;
    }
    out[0] = value;
    for (let axis = 0; axis < 3; axis += 1) {
      const column = columns[axis] as Float64Array;
      out[axis + 1] =
        gx * (column[0] as number) + gy * (column[1] as number) + gz * (column[2] as number);
    }
  };
}

type Triple = [Float64Array, Float64Array, Float64Array];

/** The image with its border voxels repeated once on each side. */
function withBorder({ size, data }: MetricImage): { size: Vector3; data: Float32Array } {
  const [nx, ny, nz] = size;
  const wide = size.map((n) => n + 2) as unknown as Vector3;
  const out = new Float32Array(wide[0] * wide[1] * wide[2]);
  const inside = (at: number, n: number) => Math.min(Math.max(at - 1, 0), n - 1);
  for (let z = 0, to = 0; z < wide[2]; z += 1) {
    for (let y = 0; y < wide[1]; y += 1) {
      const row = (inside(z, nz) * ny + inside(y, ny)) * nx;
      for (let x = 0; x < wide[0]; x += 1) out[to++] = data[row + inside(x, nx)] as number;
    }
  }
  return { size: wide, data: out };
}
