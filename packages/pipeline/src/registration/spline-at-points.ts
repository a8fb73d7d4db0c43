import type { Grid } from '../volume/volume.js';
import { cubicWeights, worldToIndex } from './cubic-spline.js';

/** A B-spline at fixed points: linear in its coefficients, so a matrix and its transpose. */
export interface SplineAtPoints {
  /** Displacements, mm: x, y, z for each point. */
  displacements(coefficients: Float64Array, out: Float64Array): void;
  /** Adds what slopes by the displacements (x, y, z for each point) are as slopes by the coefficients. */
  addSlopes(slopes: Float64Array, gradient: Float64Array): void;
}

/**
 * The weights of control points at points (LPS, mm; x, y, z each), kept for many evaluations. As
 * {@link splineDisplacement}; coefficients all along x, then y, then z.
 */
export function splineAtPoints(control: Grid, points: Float64Array): SplineAtPoints {
  const [nx, ny, nz] = control.size;
  const n = nx * ny * nz;
  const count = points.length / 3;
  const first = new Int32Array(count);
  const weights = new Float64Array(12 * count);
  const toIndex = worldToIndex(control);
  const index = new Float64Array(3);
  for (let p = 0; p < count; p += 1) {
    toIndex(
      points[3 * p] as number,
      points[3 * p + 1] as number,
      points[3 * p + 2] as number,
      index,
    );
    let offset = 0;
    for (let axis = 2; axis >= 0; axis -= 1) {
      const size = control.size[axis] as number;
      const at = Math.min(Math.max(index[axis] as number, 1), size - 2 - 1e-9);
      const whole = Math.floor(at);
      cubicWeights(at - whole, weights.subarray(12 * p + 4 * axis, 12 * p + 4 * axis + 4));
      offset = offset * size + whole - 1;
    }
    first[p] = offset;
  }
  return {
    displacements(c, out) {
      for (let p = 0; p < count; p += 1) {
        const w = 12 * p;
        const [a, b, d, e] = [weights[w], weights[w + 1], weights[w + 2], weights[w + 3]] as [
          number,
          number,
          number,
          number,
        ];
        const row = (at: number) =>
          a * (c[at] as number) +
          b * (c[at + 1] as number) +
          d * (c[at + 2] as number) +
          e * (c[at + 3] as number);
        let [dx, dy, dz] = [0, 0, 0];
        for (let k = 0; k < 4; k += 1) {
          for (let j = 0; j < 4; j += 1) {
            const share = (weights[w + 8 + k] as number) * (weights[w + 4 + j] as number);
            const at = (first[p] as number) + (k * ny + j) * nx;
            dx += share * row(at);
            dy += share * row(at + n);
            dz += share * row(at + 2 * n);
          }
        }
        out[3 * p] = dx;
        out[3 * p + 1] = dy;
        out[3 * p + 2] = dz;
      }
    },
    addSlopes(slopes, g) {
      for (let p = 0; p < count; p += 1) {
        const w = 12 * p;
        const [sx, sy, sz] = [slopes[3 * p], slopes[3 * p + 1], slopes[3 * p + 2]] as [
          number,
          number,
          number,
        ];
        for (let k = 0; k < 4; k += 1) {
          for (let j = 0; j < 4; j += 1) {
            const share = (weights[w + 8 + k] as number) * (weights[w + 4 + j] as number);
            const row = (first[p] as number) + (k * ny + j) * nx;
            for (let i = 0; i < 4; i += 1) {
              const weight = share * (weights[w + i] as number);
              const at = row + i;
              g[at] = (g[at] as number) + weight * sx;
              g[at + n] = (g[at + n] as number) + weight * sy;
              g[at + 2 * n] = (g[at + 2 * n] as number) + weight * sz;
            }
          }
        }
      }
    },
  };
}
