import type { Vector3 } from '../volume/volume.js';

/**
 * How much a spline bends: the mean over its control points of the squared second differences, mm^2; mixed ones count
 * twice. 0 for every affine motion. Adds `weight` times the derivative to `gradient` and returns `weight` times the value.
 *
 * @param coefficients all along x, then y, then z, of control points [z, y, x]
 */
export function addBending(
  coefficients: Float64Array,
  size: Vector3,
  weight: number,
  gradient: Float64Array,
): number {
  const n = size[0] * size[1] * size[2];
  const strides = [1, size[0], size[0] * size[1]] as const;
  let sum = 0;
  /** A difference as offsets and factors, wherever all its points exist. */
  const add = (terms: readonly (readonly [number, number])[], room: Vector3, times: number) => {
    const share = (weight * times) / n;
    for (let z = 0; z < size[2] - room[2]; z += 1) {
      for (let y = 0; y < size[1] - room[1]; y += 1) {
        for (let x = 0; x < size[0] - room[0]; x += 1) {
          for (let axis = 0; axis < 3; axis += 1) {
            const at = axis * n + z * strides[2] + y * strides[1] + x;
            let difference = 0;
            for (const [offset, factor] of terms) {
              difference += factor * (coefficients[at + offset] as number);
            }
            sum += share * difference * difference;
            for (const [offset, factor] of terms) {
              gradient[at + offset] =
                (gradient[at + offset] as number) + 2 * share * factor * difference;
            }
          }
        }
      }
    }
  };
  const room = (a: number, b: number) =>
    [0, 1, 2].map((axis) => (axis === a ? 1 : 0) + (axis === b ? 1 : 0)) as unknown as Vector3;
  strides.forEach((s, a) => {
    add(
      [
        [0, 1],
        [s, -2],
        [2 * s, 1],
      ],
      room(a, a),
      1,
    );
    for (let b = a + 1; b < 3; b += 1) {
      const t = strides[b] as number;
      add(
        [
          [0, 1],
          [s, -1],
          [t, -1],
          [s + t, 1],
        ],
        room(a, b),
        2,
      );
    }
  });
  return sum;
}
