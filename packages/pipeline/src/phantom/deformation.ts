import type { Random } from '../random/index.js';
import { type Grid, type Vector3, voxelCount } from '../volume/index.js';
import { drawDirection } from './plane-waves.js';

/**
 * The true deformation of a phase against PV, in mm, LPS: the tissue seen at p in this phase lies in PV at p + u(p), with
 * u(p) = translation + sum over waves of amplitude * cos(k . p + phase), k in radians per mm.
 */
export interface Deformation {
  readonly translation: Vector3;
  readonly waves: readonly {
    readonly amplitude: Vector3;
    readonly k: Vector3;
    readonly phase: number;
  }[];
}

/** Limits of a component of the rigid part in mm, by x, y and z. */
const translationLimits = [2, 3, 5] as const;

/**
 * Two breath-holds of one patient: mainly a shift along the body's axis, less to the back and front, with smooth waves of
 * 120 to 250 mm on top. A few mm in all; the steepest gradient stays far below 1, so that nothing folds.
 */
export function drawDeformation(random: Random): Deformation {
  const shift = (standardDeviation: number, axis: 0 | 1 | 2) => {
    const limit = translationLimits[axis];
    return Math.max(-limit, Math.min(limit, random.normal(0, standardDeviation)));
  };
  const translation: Vector3 = [shift(0.7, 0), shift(1.2, 1), shift(2, 2)];
  const waves = Array.from({ length: 3 }, () => {
    const wavelength = random.uniform(120, 250);
    const k = drawDirection(random).map((u) => (u * 2 * Math.PI) / wavelength);
    return {
      amplitude: [random.normal(0, 0.5), random.normal(0, 0.7), random.normal(0, 0.9)].map((a) =>
        Math.max(-2, Math.min(2, a)),
      ) as unknown as Vector3,
      k: k as unknown as Vector3,
      phase: random.uniform(0, 2 * Math.PI),
    };
  });
  return { translation, waves };
}

/** A deformation of the same form with `factor` times the displacements. */
export function scaledDeformation(deformation: Deformation, factor: number): Deformation {
  const scaled = (v: Vector3) => v.map((value) => factor * value) as unknown as Vector3;
  return {
    translation: scaled(deformation.translation),
    waves: deformation.waves.map((wave) => ({ ...wave, amplitude: scaled(wave.amplitude) })),
  };
}

/** u(p) in mm at a world point (LPS, mm). */
export function displacementAt(deformation: Deformation, point: Vector3): Vector3 {
  const u = [...deformation.translation] as [number, number, number];
  for (const { amplitude, k, phase } of deformation.waves) {
    const wave = Math.cos(k[0] * point[0] + k[1] * point[1] + k[2] * point[2] + phase);
    u[0] += amplitude[0] * wave;
    u[1] += amplitude[1] * wave;
    u[2] += amplitude[2] * wave;
  }
  return u;
}

/**
 * Where the tissue that PV shows at `point` lies in this phase: the p with p + u(p) = point, by fixed-point iteration,
 * which converges since the gradient of u stays below 1.
 */
export function placeInPhase(deformation: Deformation, point: Vector3): Vector3 {
  let at = point;
  for (let i = 0; i < 60; i += 1) {
    const u = displacementAt(deformation, at);
    at = [point[0] - u[0], point[1] - u[1], point[2] - u[2]];
  }
  return at;
}

/** Upper bound of |u| along each axis, mm. */
export function largestDisplacement({ translation, waves }: Deformation): Vector3 {
  const bound = (axis: 0 | 1 | 2) =>
    waves.reduce((sum, wave) => sum + Math.abs(wave.amplitude[axis]), Math.abs(translation[axis]));
  return [bound(0), bound(1), bound(2)];
}

/** u along one row of points (x0 + i dx, y, z), mm, into out[axis][0 .. n-1]. */
export function displacementRow(
  [ux, uy, uz]: readonly [Float64Array, Float64Array, Float64Array],
  { translation, waves }: Deformation,
  x0: number,
  dx: number,
  n: number,
  y: number,
  z: number,
): void {
  ux.fill(translation[0], 0, n);
  uy.fill(translation[1], 0, n);
  uz.fill(translation[2], 0, n);
  for (const { amplitude, k, phase } of waves) {
    // The same recurrence along the row as addWaveRow has.
    const step = k[0] * dx;
    const start = k[0] * x0 + k[1] * y + k[2] * z + phase;
    const twice = 2 * Math.cos(step);
    let current = Math.cos(start);
    let previous = Math.cos(start - step);
    for (let i = 0; i < n; i++) {
      ux[i] = (ux[i] as number) + amplitude[0] * current;
      uy[i] = (uy[i] as number) + amplitude[1] * current;
      uz[i] = (uz[i] as number) + amplitude[2] * current;
      const next = twice * current - previous;
      previous = current;
      current = next;
    }
  }
}

/**
 * The field on an axial grid (direction identity) as registration and warping take it: planes x, y, z of displacements
 * in voxels, [3, z, y, x]. Warping PV with it, out(p) = in(p + u(p)), gives the anatomy of this phase.
 */
export function deformationField(deformation: Deformation, grid: Grid): Float32Array {
  const [nx, ny, nz] = grid.size;
  const n = voxelCount(grid.size);
  const field = new Float32Array(3 * n);
  const rows = [0, 1, 2].map(() => new Float64Array(nx)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let k = 0; k < nz; k++) {
    for (let j = 0; j < ny; j++) {
      const y = grid.origin[1] + j * grid.spacing[1];
      const z = grid.origin[2] + k * grid.spacing[2];
      displacementRow(rows, deformation, grid.origin[0], grid.spacing[0], nx, y, z);
      for (let axis = 0; axis < 3; axis++) {
        const start = axis * n + (k * ny + j) * nx;
        for (let i = 0; i < nx; i++) {
          field[start + i] =
            ((rows[axis] as Float64Array)[i] as number) / (grid.spacing[axis] as number);
        }
      }
    }
  }
  return field;
}
