import { worldToVoxel } from '../volume/geometry.js';
import type { Grid, Vector3 } from '../volume/volume.js';

/** Control points of a cubic B-spline in world coordinates, as ITK's BSplineTransform has them. */
export interface ControlGrid extends Grid {
  /** Displacements in mm: all along x, then all along y, then all along z; x fastest. */
  readonly coefficients: readonly number[];
}

/**
 * Adds the spline's displacement to a point, in place. Within the region that four control points along each axis
 * support this is ITK's BSplineTransform; ITK does not move points outside of it, which tears the image there.
 * Here they move as the nearest point of the region does.
 */
export function splineDisplacement(control: ControlGrid): (point: Float64Array) => void {
  const [nx, ny, nz] = control.size;
  const n = nx * ny * nz;
  const coefficients = Float64Array.from(control.coefficients);
  const toIndex = worldToIndex(control);
  const index = new Float64Array(3);
  const weights = [new Float64Array(4), new Float64Array(4), new Float64Array(4)] as const;
  return (point) => {
    toIndex(point[0] as number, point[1] as number, point[2] as number, index);
    const first = [0, 0, 0];
    for (let axis = 0; axis < 3; axis += 1) {
      const last = (control.size[axis] as number) - 2 - 1e-9;
      const at = Math.min(Math.max(index[axis] as number, 1), last);
      const whole = Math.floor(at);
      first[axis] = whole - 1;
      cubicWeights(at - whole, weights[axis as 0 | 1 | 2]);
    }
    let [dx, dy, dz] = [0, 0, 0];
    for (let k = 0; k < 4; k += 1) {
      for (let j = 0; j < 4; j += 1) {
        const wzy = (weights[2][k] as number) * (weights[1][j] as number);
        const row =
          (((first[2] as number) + k) * ny + (first[1] as number) + j) * nx + (first[0] as number);
        for (let i = 0; i < 4; i += 1) {
          const w = wzy * (weights[0][i] as number);
          dx += w * (coefficients[row + i] as number);
          dy += w * (coefficients[n + row + i] as number);
          dz += w * (coefficients[2 * n + row + i] as number);
        }
      }
    }
    point[0] = (point[0] as number) + dx;
    point[1] = (point[1] as number) + dy;
    point[2] = (point[2] as number) + dz;
  };
}

/** Weights of four neighbours at a fraction t of the way from the second to the third. */
export function cubicWeights(t: number, out: Float64Array): void {
  const s = 1 - t;
  out[0] = (s * s * s) / 6;
  out[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
  out[2] = (3 * s * s * s - 6 * s * s + 4) / 6;
  out[3] = (t * t * t) / 6;
}

/** Derivatives of {@link cubicWeights} by t. */
export function cubicSlopes(t: number, out: Float64Array): void {
  const s = 1 - t;
  out[0] = (-s * s) / 2;
  out[1] = 1.5 * t * t - 2 * t;
  out[2] = 2 * s - 1.5 * s * s;
  out[3] = (t * t) / 2;
}

/** {@link worldToVoxel} of one grid as a function that is cheap to call for every point. */
export function worldToIndex(
  grid: Grid,
): (x: number, y: number, z: number, out: Float64Array) => void {
  const zero = worldToVoxel(grid, [0, 0, 0]);
  const column = (point: Vector3) =>
    worldToVoxel(grid, point).map((v, i) => v - (zero[i] as number)) as unknown as Vector3;
  const [cx, cy, cz] = [column([1, 0, 0]), column([0, 1, 0]), column([0, 0, 1])] as const;
  return (x, y, z, out) => {
    out[0] = zero[0] + cx[0] * x + cy[0] * y + cz[0] * z;
    out[1] = zero[1] + cx[1] * x + cy[1] * y + cz[1] * z;
    out[2] = zero[2] + cx[2] * x + cy[2] * y + cz[2] * z;
  };
}
