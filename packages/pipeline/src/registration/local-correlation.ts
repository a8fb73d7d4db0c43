import { upperMedian } from '../collections/median.js';
import type { Vector3 } from '../volume/volume.js';
import { windowSums } from './window-sums.js';

/** A window counts if at least this part of it is known. */
const leastKnown = 0.5;
/** This part of the median variance is added to every variance: a flat window is noise, and says nothing. */
const floor = 0.5;
/** Keeps the logarithm finite where two windows are equal. */
const tiny = 1e-6;

/** Value of a comparison; its derivative by each moving value is in `slope`. */
export interface Likeness {
  readonly value: number;
  readonly slope: Float64Array;
}

/**
 * How well moving values follow from fixed ones within small windows: the mean of -log(1 - r^2) / 2, the mutual
 * information of two Gaussians of correlation r, nats. Where two tissues meet, a mixed voxel has the mixed value in both
 * phases, however differently they are enhanced: the relation is a line, and the edge is not drawn to one side.
 *
 * @param fixed values on a grid
 * @param known 1 where values count and windows are centred, else 0
 * @param radius windows reach this many voxels along x, y and z
 */
export function localCorrelation(
  fixed: Float64Array,
  known: Uint8Array,
  size: Vector3,
  radius: Vector3,
): (moving: Float64Array) => Likeness {
  const n = fixed.length;
  const sums = (values: Float64Array) => windowSums(values, size, radius);
  const f = fixed.map((v, i) => (known[i] === 1 ? v : 0));
  const count = sums(Float64Array.from(known));
  const least = leastKnown * radius.reduce((product, r) => product * (2 * r + 1), 1);
  const centres: number[] = [];
  for (let i = 0; i < n; i += 1) {
    if (known[i] === 1 && (count[i] as number) >= least) centres.push(i);
  }
  const sumF = sums(f);
  const sumFF = sums(f.map((v) => v * v));
  const varianceF = Float64Array.from(centres, (i) => variance(sumF, sumFF, count, i));
  const floorF = floor * (upperMedian(varianceF) ?? 0);
  let floorM: number | undefined;
  const [mm, fm] = [new Float64Array(n), new Float64Array(n)];
  // Parts of the derivative by window, summed over the windows that hold a voxel.
  const [p, pF, q, qM] = [0, 1, 2, 3].map(() => new Float64Array(n)) as Four;
  return (moving) => {
    for (let i = 0; i < n; i += 1) {
      const v = moving[i] as number;
      mm[i] = v * v;
      fm[i] = v * (f[i] as number);
    }
    const [sumM, sumMM, sumFM] = [sums(moving), sums(mm), sums(fm)];
    const varianceM = () => Float64Array.from(centres, (i) => variance(sumM, sumMM, count, i));
    // Fixed at the start: a floor that follows the motion would be a part of what is searched.
    floorM ??= floor * (upperMedian(varianceM()) ?? 0);
    let value = 0;
    for (let k = 0; k < centres.length; k += 1) {
      const i = centres[k] as number;
      const part = 1 / (count[i] as number);
      const [meanF, meanM] = [(sumF[i] as number) * part, (sumM[i] as number) * part];
      const covariance = (sumFM[i] as number) * part - meanF * meanM;
      const spreadF = (varianceF[k] as number) + floorF;
      const spreadM = variance(sumM, sumMM, count, i) + floorM;
      const squared = (covariance * covariance) / (spreadF * spreadM);
      const rest = 1 - squared + tiny;
      value -= Math.log(rest) / 2;
      const share = part / rest / centres.length;
      p[i] = (share * covariance) / (spreadF * spreadM);
      pF[i] = (p[i] as number) * meanF;
      q[i] = (share * squared) / spreadM;
      qM[i] = (q[i] as number) * meanM;
    }
    const [sumP, sumPF, sumQ, sumQM] = [sums(p), sums(pF), sums(q), sums(qM)];
    const slope = new Float64Array(n);
    for (let i = 0; i < n; i += 1) {
      if (known[i] === 0) continue;
      slope[i] =
        (f[i] as number) * (sumP[i] as number) -
        (sumPF[i] as number) -
        (moving[i] as number) * (sumQ[i] as number) +
        (sumQM[i] as number);
    }
    return { value: value / centres.length, slope };
  };
}

type Four = [Float64Array, Float64Array, Float64Array, Float64Array];

function variance(
  sum: Float64Array,
  squares: Float64Array,
  count: Float64Array,
  i: number,
): number {
  const mean = (sum[i] as number) / (count[i] as number);
  return Math.max(0, (squares[i] as number) / (count[i] as number) - mean * mean);
}
