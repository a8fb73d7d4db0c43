import type { Random } from '@flc-native/pipeline';
import type { Interval, Measure } from './measure.js';

/** Statistics of the cohort in which lesion i counts `weights[i]` times: always as many, in the same order. */
export type WeightedStatistics = (weights: Float64Array) => readonly Measure[];

const level = 0.95;

/** What a replicate draws. */
export interface Drawn {
  /** Index of the patient of each lesion, 0 .. patients - 1. */
  readonly patient: Int32Array;
  readonly patients: number;
}

/**
 * Percentile bootstrap (Efron and Tibshirani 1993, ch. 13) over patients: each replicate draws as many patients as
 * there are, with replacement, and each drawn patient brings all of its lesions, so that lesions of one patient need
 * not be independent. All statistics see the same replicates. A replicate in which a statistic is undefined (a class
 * was not drawn) is left out of that statistic's interval; a statistic that is undefined in more than one replicate
 * of ten, or a cohort of fewer than two patients, gets none (null).
 */
export function bootstrapIntervals(
  { patient, patients }: Drawn,
  statistics: WeightedStatistics,
  options: { readonly replicates: number; readonly random: Pick<Random, 'int'> },
): (Interval | null)[] {
  const { replicates, random } = options;
  const drawn = new Float64Array(patients);
  const weights = new Float64Array(patient.length).fill(1);
  const values = statistics(weights).map(() => new Float64Array(Math.max(0, replicates)));
  if (patients < 2 || replicates < 1) return values.map(() => null);
  const found = values.map(() => 0);
  for (let r = 0; r < replicates; r++) {
    drawPatients(drawn, random);
    patient.forEach((of, lesion) => {
      weights[lesion] = drawn[of] as number;
    });
    statistics(weights).forEach(({ value }, s) => {
      if (value === null) return;
      const at = found[s] as number;
      (values[s] as Float64Array)[at] = value;
      found[s] = at + 1;
    });
  }
  return values.map((all, s) => {
    const n = found[s] as number;
    return n < 0.9 * replicates ? null : percentileInterval(all.slice(0, n));
  });
}

/** Fills `drawn` with how often each patient is drawn: as many draws as patients, with replacement. */
export function drawPatients(drawn: Float64Array, random: Pick<Random, 'int'>): void {
  drawn.fill(0);
  for (let i = 0; i < drawn.length; i++) {
    const patient = random.int(drawn.length);
    drawn[patient] = (drawn[patient] as number) + 1;
  }
}

/** The 95 % percentile interval of replicates. */
export function percentileInterval(values: Float64Array): Interval {
  const sorted = values.sort();
  return {
    lower: quantile(sorted, (1 - level) / 2),
    upper: quantile(sorted, (1 + level) / 2),
    level,
    method: 'bootstrap',
  };
}

/** Quantile of sorted values by linear interpolation (NumPy's default, Hyndman and Fan's type 7). */
export function quantile(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  const lower = sorted[below] as number;
  return lower + (position - below) * ((sorted[above] as number) - lower);
}
