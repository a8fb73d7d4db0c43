import type { Vector3 } from '../volume/volume.js';
import { type ControlGrid, splineDisplacement } from './cubic-spline.js';

/** y = matrix (x - centre) + centre + translation; matrix row major. */
export interface LinearStage {
  readonly kind: 'linear';
  readonly matrix: readonly number[];
  readonly translation: readonly number[];
  readonly centre: readonly number[];
}

/** y = x + cubic B-spline of the coefficients (mm). */
export interface SplineStage extends ControlGrid {
  readonly kind: 'spline';
}

/**
 * Where a point of the fixed image (LPS, mm) lies in the moving one. Stages are applied in order. Plain data:
 * written as JSON and read again without loss.
 */
export interface SpatialTransform {
  readonly stages: readonly (LinearStage | SplineStage)[];
}

export const identityTransform: SpatialTransform = { stages: [] };

/** Maps (x, y, z) and writes the result into `out`. */
export type PointMap = (x: number, y: number, z: number, out: Float64Array) => void;

/** The transform as a function that is cheap to call for every voxel. */
export function pointMap({ stages }: SpatialTransform): PointMap {
  const steps = stages.map((stage) =>
    stage.kind === 'linear' ? linearMap(stage) : splineDisplacement(stage),
  );
  return (x, y, z, out) => {
    out[0] = x;
    out[1] = y;
    out[2] = z;
    for (const step of steps) step(out);
  };
}

function linearMap({ matrix, translation, centre }: LinearStage): (point: Float64Array) => void {
  const m = Float64Array.from(matrix);
  // y = m x + offset
  const offset = [0, 1, 2].map(
    (row) =>
      (translation[row] as number) +
      (centre[row] as number) -
      [0, 1, 2].reduce((sum, c) => sum + (m[row * 3 + c] as number) * (centre[c] as number), 0),
  ) as [number, number, number];
  const [a, b, c, d, e, f, g, h, i] = m as unknown as number[] as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return (point) => {
    const [x, y, z] = point as unknown as [number, number, number];
    point[0] = a * x + b * y + c * z + offset[0];
    point[1] = d * x + e * y + f * z + offset[1];
    point[2] = g * x + h * y + i * z + offset[2];
  };
}

/** Where a point of the fixed image lies in the moving one; LPS, mm. */
export function transformPoint(transform: SpatialTransform, point: Vector3): Vector3 {
  const out = new Float64Array(3);
  pointMap(transform)(...point, out);
  return [out[0] as number, out[1] as number, out[2] as number];
}
