import type { Random } from '../random/index.js';
import type { Vector3 } from '../volume/index.js';

/** One cosine `amplitude * cos(k . p + phase)`; k in radians per mm. */
export interface PlaneWave {
  readonly amplitude: number;
  readonly k: Vector3;
  readonly phase: number;
}

/** A smooth random function of the position (mm): a sum of cosines. Cheap along rows and exact everywhere. */
export type PlaneWaves = readonly PlaneWave[];

/**
 * Waves of random direction, with wavelengths spread evenly in the logarithm and a common amplitude such that the sum
 * has the given standard deviation over space.
 */
export function drawPlaneWaves(
  random: Random,
  count: number,
  wavelengths: readonly [shortest: number, longest: number],
  standardDeviation: number,
): PlaneWaves {
  const [shortest, longest] = wavelengths;
  return Array.from({ length: count }, () => {
    const wavelength = shortest * (longest / shortest) ** random.uniform();
    const k = drawDirection(random).map((u) => (u * 2 * Math.PI) / wavelength);
    return {
      amplitude: standardDeviation * Math.sqrt(2 / count),
      k: k as unknown as Vector3,
      phase: random.uniform(0, 2 * Math.PI),
    };
  });
}

/** A direction, uniform on the sphere. */
export function drawDirection(random: Random): Vector3 {
  const z = random.uniform(-1, 1);
  const angle = random.uniform(0, 2 * Math.PI);
  const r = Math.sqrt(1 - z * z);
  return [r * Math.cos(angle), r * Math.sin(angle), z];
}

/** The sum at one point, mm. */
export function evaluateWaves(waves: PlaneWaves, [x, y, z]: Vector3): number {
  let sum = 0;
  for (const { amplitude, k, phase } of waves) {
    sum += amplitude * Math.cos(k[0] * x + k[1] * y + k[2] * z + phase);
  }
  return sum;
}

/**
 * Adds the sum at the points (x0 + i dx, y, z), i = 0 .. n-1, to out[0 .. n-1]. One cosine is followed along the row by
 * c[i+1] = 2 cos(k dx) c[i] - c[i-1], which is exact to rounding over the rows of an image.
 */
export function addWaveRow(
  out: Float64Array,
  waves: PlaneWaves,
  x0: number,
  dx: number,
  n: number,
  y: number,
  z: number,
): void {
  for (const { amplitude, k, phase } of waves) {
    const step = k[0] * dx;
    const start = k[0] * x0 + k[1] * y + k[2] * z + phase;
    const twice = 2 * Math.cos(step);
    let current = amplitude * Math.cos(start);
    let previous = amplitude * Math.cos(start - step);
    for (let i = 0; i < n; i++) {
      out[i] = (out[i] as number) + current;
      const next = twice * current - previous;
      previous = current;
      current = next;
    }
  }
}
