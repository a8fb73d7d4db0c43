import { FlcError } from '@flc-native/errors';
import type { Vector3 } from '../volume/volume.js';
import { pointMap, type SpatialTransform } from './spatial-transform.js';

const tolerance = 1e-5;
const maxIterations = 200;

/**
 * Where a point of the moving image (LPS, mm) lies in the fixed one: the p with transform(p) = point, by fixed-point
 * iteration. It converges where neighbouring displacements differ by less than their distance, as those of breathing
 * do. DATA_ERROR where it does not: the transform folds there.
 */
export function inverseTransformPoint(transform: SpatialTransform, point: Vector3): Vector3 {
  const map = pointMap(transform);
  const image = new Float64Array(3);
  const at = [...point] as [number, number, number];
  for (let i = 0; i < maxIterations; i += 1) {
    map(...at, image);
    let off = 0;
    for (let axis = 0; axis < 3; axis += 1) {
      const difference = (image[axis] as number) - (point[axis] as number);
      at[axis] = (at[axis] as number) - difference;
      off += difference * difference;
    }
    if (!Number.isFinite(off)) break;
    if (off < tolerance * tolerance) return at;
  }
  throw new FlcError('DATA_ERROR', 'a point has no place on the reference phase', {
    details: { iterations: maxIterations },
    remedy: 'the registration folds there: look at its quality record, or use affine or rigid',
  });
}
