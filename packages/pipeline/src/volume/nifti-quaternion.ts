/** The quaternion form of an orientation: nifti1.h, "QUATERNION REPRESENTATION OF ROTATION MATRIX". */
import type { Affine } from './geometry.js';
import type { Vector3 } from './volume.js';

export interface Qform {
  /** b, c, d; a follows from the unit length. */
  readonly quaternion: Vector3;
  readonly offset: Vector3;
  readonly spacing: Vector3;
  /** -1 where the third axis is mirrored. */
  readonly qfac: 1 | -1;
}

/** Voxel -> RAS of a qform. */
export function quaternionToAffine({ quaternion, offset, spacing, qfac }: Qform): Affine {
  let [b, c, d] = quaternion;
  const rest = 1 - (b * b + c * c + d * d);
  let a = Math.sqrt(Math.max(0, rest));
  if (rest < 1e-7) {
    // Rounding made the vector a little longer than one: a is zero (nifti1_io.c does the same).
    const length = Math.hypot(b, c, d);
    [a, b, c, d] = [0, b / length, c / length, d / length];
  }
  const [x, y, z] = [spacing[0], spacing[1], spacing[2] * qfac];
  return [
    (a * a + b * b - c * c - d * d) * x,
    2 * (b * c - a * d) * y,
    2 * (b * d + a * c) * z,
    offset[0],
    2 * (b * c + a * d) * x,
    (a * a + c * c - b * b - d * d) * y,
    2 * (c * d - a * b) * z,
    offset[1],
    2 * (b * d - a * c) * x,
    2 * (c * d + a * b) * y,
    (a * a + d * d - c * c - b * b) * z,
    offset[2],
  ];
}

/** Quaternion (b, c, d) and qfac of an orthogonal voxel -> RAS affine. */
export function affineToQuaternion(
  affine: Affine,
  spacing: Vector3,
): { quaternion: Vector3; qfac: 1 | -1 } {
  const at = (row: number, column: number) =>
    (affine[row * 4 + column] as number) / (spacing[column] as number);
  const determinant =
    at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) -
    at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0)) +
    at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0));
  const qfac = determinant < 0 ? -1 : 1;
  const r = (row: number, column: number) => at(row, column) * (column === 2 ? qfac : 1);
  return { quaternion: rotationToQuaternion(r), qfac };
}

/** Picks the largest of a, b, c, d as divisor, as nifti_mat44_to_quatern does. */
function rotationToQuaternion(r: (row: number, column: number) => number): Vector3 {
  const trace = r(0, 0) + r(1, 1) + r(2, 2) + 1;
  if (trace > 0.5) {
    const a = 0.5 * Math.sqrt(trace);
    return [
      (0.25 * (r(2, 1) - r(1, 2))) / a,
      (0.25 * (r(0, 2) - r(2, 0))) / a,
      (0.25 * (r(1, 0) - r(0, 1))) / a,
    ];
  }
  const xd = 1 + r(0, 0) - r(1, 1) - r(2, 2);
  const yd = 1 + r(1, 1) - r(0, 0) - r(2, 2);
  const zd = 1 + r(2, 2) - r(0, 0) - r(1, 1);
  let a: number;
  let vector: [number, number, number];
  if (xd > 1) {
    const b = 0.5 * Math.sqrt(xd);
    vector = [b, (0.25 * (r(0, 1) + r(1, 0))) / b, (0.25 * (r(0, 2) + r(2, 0))) / b];
    a = (0.25 * (r(2, 1) - r(1, 2))) / b;
  } else if (yd > 1) {
    const c = 0.5 * Math.sqrt(yd);
    vector = [(0.25 * (r(0, 1) + r(1, 0))) / c, c, (0.25 * (r(1, 2) + r(2, 1))) / c];
    a = (0.25 * (r(0, 2) - r(2, 0))) / c;
  } else {
    const d = 0.5 * Math.sqrt(zd);
    vector = [(0.25 * (r(0, 2) + r(2, 0))) / d, (0.25 * (r(1, 2) + r(2, 1))) / d, d];
    a = (0.25 * (r(1, 0) - r(0, 1))) / d;
  }
  return a < 0 ? [-vector[0], -vector[1], -vector[2]] : vector;
}
