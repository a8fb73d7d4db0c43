import type { Random } from '../random/index.js';
import type { Vector3 } from '../volume/index.js';
import type { PhantomClass } from './enhancement.js';
import { addWaveRow, drawDirection, drawPlaneWaves, type PlaneWaves } from './plane-waves.js';
import type { Shape } from './shapes.js';

/** Equivalent diameters of lesions, mm. */
export const diameterRange = [8, 45] as const;

/** Unevenness of the surface as a fraction of the radius (standard deviation), and width of the edge, mm. */
const surfaces: Readonly<Record<PhantomClass, { unevenness: number; edge: number }>> = {
  cyst: { unevenness: 0.03, edge: 0.4 },
  fnh: { unevenness: 0.06, edge: 1 },
  hcc: { unevenness: 0.08, edge: 1.2 },
  hem: { unevenness: 0.08, edge: 1 },
};

/** An irregular blob: an ellipsoid of random direction whose surface is moved by smooth waves. */
export interface LesionShape extends Shape {
  readonly centre: Vector3;
  /** Radius of the ball of the same volume, before the waves, mm. */
  readonly radius: number;
  readonly edge: number;
  /** Distance from the centre along a row, 0 at the centre and 1 at the surface. */
  depthRow(out: Float64Array, x0: number, dx: number, n: number, y: number, z: number): void;
}

/**
 * Equivalent diameter in mm: log-normal with median 22, the same for all classes but for flash-filling haemangiomas, which
 * are small.
 */
export function drawDiameter(random: Random, lesionClass: PhantomClass, atypical: boolean): number {
  const isFlash = lesionClass === 'hem' && atypical;
  const [smallest, largest] = isFlash ? [8, 20] : diameterRange;
  const median = isFlash ? 13 : 22;
  for (;;) {
    const diameter = median * Math.exp(random.normal(0, 0.42));
    if (diameter >= smallest && diameter <= largest) return diameter;
  }
}

export function drawLesionShape(
  random: Random,
  lesionClass: PhantomClass,
  diameter: number,
  centre: Vector3,
): LesionShape {
  const radius = diameter / 2;
  const { unevenness, edge } = surfaces[lesionClass];
  const waves = drawPlaneWaves(random, 10, [1.1 * radius, 3 * radius], unevenness);
  const stretch = [1, 1, 1].map(() => Math.exp(random.normal(0, 0.1))) as [number, number, number];
  const unitVolume = Math.cbrt(stretch[0] * stretch[1] * stretch[2]);
  const axes = stretch.map((s) => (radius * s) / unitVolume) as unknown as Vector3;
  return blob(centre, radius, metricOf(drawFrame(random), axes), waves, edge);
}

function blob(
  centre: Vector3,
  radius: number,
  m: readonly number[],
  waves: PlaneWaves,
  edge: number,
): LesionShape {
  const reach = 1.45 * radius;
  const [xx, xy, xz, yy, yz, zz] = m as [number, number, number, number, number, number];
  const shape: LesionShape = {
    centre,
    radius,
    edge,
    bounds: [
      centre.map((c) => c - reach) as unknown as Vector3,
      centre.map((c) => c + reach) as unknown as Vector3,
    ],
    depthRow(out, x0, dx, n, y, z) {
      const [vy, vz] = [y - centre[1], z - centre[2]];
      const constant = yy * vy * vy + 2 * yz * vy * vz + zz * vz * vz;
      const linear = 2 * (xy * vy + xz * vz);
      out.fill(0, 0, n);
      addWaveRow(out, waves, x0 - centre[0], dx, n, vy, vz);
      for (let i = 0; i < n; i++) {
        const vx = x0 + i * dx - centre[0];
        const scaled = Math.sqrt(Math.max(0, constant + vx * (linear + vx * xx)));
        // The waves act in full at the surface and vanish at the centre.
        out[i] = scaled * (1 + Math.min(1, scaled) * (out[i] as number));
      }
    },
    distanceRow(out, x0, dx, n, y, z) {
      shape.depthRow(out, x0, dx, n, y, z);
      for (let i = 0; i < n; i++) out[i] = ((out[i] as number) - 1) * radius;
    },
  };
  return shape;
}

/** Entries xx, xy, xz, yy, yz, zz of the matrix M with p' M p = 1 on the ellipsoid. */
function metricOf(frame: readonly Vector3[], axes: Vector3): number[] {
  const entry = (i: 0 | 1 | 2, j: 0 | 1 | 2) =>
    frame.reduce(
      (sum, direction, a) => sum + (direction[i] * direction[j]) / (axes[a] as number) ** 2,
      0,
    );
  return [entry(0, 0), entry(0, 1), entry(0, 2), entry(1, 1), entry(1, 2), entry(2, 2)];
}

/** Three orthogonal directions. */
function drawFrame(random: Random): [Vector3, Vector3, Vector3] {
  const a = drawDirection(random);
  const b = cross(a, drawDirection(random));
  const length = Math.hypot(...b) + 1e-12;
  const unit: Vector3 = [b[0] / length, b[1] / length, b[2] / length];
  return [a, unit, cross(a, unit)];
}

function cross(a: Vector3, b: Vector3): Vector3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}
