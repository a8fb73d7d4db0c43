import type { Vector3 } from '../volume/index.js';
import { addWaveRow, type PlaneWaves } from './plane-waves.js';

/** Lower and upper corner, mm. */
export type Bounds = readonly [lower: Vector3, upper: Vector3];

/** A solid by its distance function: negative inside, in mm (approximate away from the surface). */
export interface Shape {
  readonly bounds: Bounds;
  /** Whether the whole row at (y, z) is sure to be farther than `reach` mm away; saves computing it. */
  misses?(reach: number, y: number, z: number): boolean;
  /** Distances at the points (x0 + i dx, y, z), i = 0 .. n-1, into out[0 .. n-1]. */
  distanceRow(out: Float64Array, x0: number, dx: number, n: number, y: number, z: number): void;
}

const everywhere: Bounds = [
  [-1e9, -1e9, -1e9],
  [1e9, 1e9, 1e9],
];

export function distanceTo(shape: Shape, [x, y, z]: Vector3): number {
  const out = new Float64Array(1);
  shape.distanceRow(out, x, 1, 1, y, z);
  return out[0] as number;
}

/** An ellipsoid along the axes, its surface moved by waves (in units of the local radius). */
export function ellipsoid(centre: Vector3, axes: Vector3, waves: PlaneWaves = []): Shape {
  const swell = 1 + waves.reduce((sum, wave) => sum + Math.abs(wave.amplitude), 0);
  return {
    bounds: [
      centre.map((c, i) => c - swell * (axes[i] as number)) as unknown as Vector3,
      centre.map((c, i) => c + swell * (axes[i] as number)) as unknown as Vector3,
    ],
    misses(reach, y, z) {
      const limit = swell + reach / Math.min(...axes);
      return ((y - centre[1]) / axes[1]) ** 2 + ((z - centre[2]) / axes[2]) ** 2 > limit * limit;
    },
    distanceRow(out, x0, dx, n, y, z) {
      const [vy, vz] = [y - centre[1], z - centre[2]];
      const rest = (vy / axes[1]) ** 2 + (vz / axes[2]) ** 2;
      out.fill(-1, 0, n);
      addWaveRow(out, waves, x0, dx, n, y, z);
      for (let i = 0; i < n; i++) {
        const vx = x0 + i * dx - centre[0];
        const scaled = Math.sqrt((vx / axes[0]) ** 2 + rest) + 1e-6;
        const radius = (Math.sqrt(vx * vx + vy * vy + vz * vz) + 1e-6) / scaled;
        out[i] = (scaled + (out[i] as number)) * radius;
      }
    },
  };
}

/** A column along z of elliptical section. */
export function column(
  centre: readonly [x: number, y: number],
  axes: readonly [x: number, y: number],
  [from, to]: readonly [number, number] = [-1e9, 1e9],
): Shape {
  return {
    bounds: [
      [centre[0] - axes[0], centre[1] - axes[1], from],
      [centre[0] + axes[0], centre[1] + axes[1], to],
    ],
    distanceRow(out, x0, dx, n, y, z) {
      const vy = y - centre[1];
      const rest = (vy / axes[1]) ** 2;
      const end = Math.max(from - z, z - to);
      for (let i = 0; i < n; i++) {
        const vx = x0 + i * dx - centre[0];
        const scaled = Math.sqrt((vx / axes[0]) ** 2 + rest) + 1e-6;
        const radius = (Math.sqrt(vx * vx + vy * vy) + 1e-6) / scaled;
        out[i] = Math.max((scaled - 1) * radius, end);
      }
    },
  };
}

/** A straight piece of a vessel whose radius runs from r0 to r1. */
export function capsule(from: Vector3, to: Vector3, r0: number, r1: number): Shape {
  const r = Math.max(r0, r1);
  const axis = to.map((t, i) => t - (from[i] as number)) as unknown as Vector3;
  const squaredLength = axis[0] ** 2 + axis[1] ** 2 + axis[2] ** 2 + 1e-9;
  return {
    bounds: [
      from.map((f, i) => Math.min(f, to[i] as number) - r) as unknown as Vector3,
      from.map((f, i) => Math.max(f, to[i] as number) + r) as unknown as Vector3,
    ],
    distanceRow(out, x0, dx, n, y, z) {
      const [py, pz] = [y - from[1], z - from[2]];
      const rest = py * axis[1] + pz * axis[2];
      for (let i = 0; i < n; i++) {
        const px = x0 + i * dx - from[0];
        const along = Math.max(0, Math.min(1, (px * axis[0] + rest) / squaredLength));
        const dxx = px - along * axis[0];
        const dyy = py - along * axis[1];
        const dzz = pz - along * axis[2];
        out[i] = Math.sqrt(dxx * dxx + dyy * dyy + dzz * dzz) - (r0 + along * (r1 - r0));
      }
    },
  };
}

/** What lies above a cap that is highest on the line (x, y). */
export function aboveDome(x: number, y: number, top: number, radius: number): Shape {
  return {
    bounds: everywhere,
    distanceRow(out, x0, dx, n, py, z) {
      for (let i = 0; i < n; i++) {
        const square = (x0 + i * dx - x) ** 2 + (py - y) ** 2;
        out[i] = top - square / (2 * radius) - z;
      }
    },
  };
}

/** The part common to two shapes, `shrink` mm inside the second. */
export function intersection(a: Shape, b: Shape, shrink = 0): Shape {
  return combination(a, b, overlap(a.bounds, b.bounds), (da, db) => Math.max(da, db + shrink));
}

/** Two shapes in one, the groove between them filled over about `blend` mm. */
export function smoothUnion(a: Shape, b: Shape, blend: number): Shape {
  const hull: Bounds = [
    a.bounds[0].map((v, i) => Math.min(v, b.bounds[0][i] as number) - blend) as unknown as Vector3,
    a.bounds[1].map((v, i) => Math.max(v, b.bounds[1][i] as number) + blend) as unknown as Vector3,
  ];
  return combination(a, b, hull, (da, db) => {
    const h = Math.max(0, blend - Math.abs(da - db)) / blend;
    return Math.min(da, db) - (h * h * blend) / 4;
  });
}

function combination(
  a: Shape,
  b: Shape,
  bounds: Bounds,
  combine: (da: number, db: number) => number,
): Shape {
  let buffer = new Float64Array(0);
  return {
    bounds,
    distanceRow(out, x0, dx, n, y, z) {
      if (buffer.length < n) buffer = new Float64Array(n);
      a.distanceRow(out, x0, dx, n, y, z);
      b.distanceRow(buffer, x0, dx, n, y, z);
      for (let i = 0; i < n; i++) out[i] = combine(out[i] as number, buffer[i] as number);
    },
  };
}

function overlap(a: Bounds, b: Bounds): Bounds {
  return [
    a[0].map((v, i) => Math.max(v, b[0][i] as number)) as unknown as Vector3,
    a[1].map((v, i) => Math.min(v, b[1][i] as number)) as unknown as Vector3,
  ];
}
