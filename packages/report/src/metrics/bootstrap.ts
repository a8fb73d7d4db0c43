import type { Random } from '@flc-native/pipeline';
import type { LesionPrediction } from '../evaluation.js';
import type { Interval, Measure } from './measure.js';
import { isRight } from './share.js';

/** Statistics of the cohort in which lesion i counts `weights[i]` times: always as many, in the same order. */
export type WeightedStatistics = (weights: Float64Array) => readonly Measure[];

const level = 0.95;

/** Below, percentiles are too narrow by far: near the ends of the scale draws have next to no spread. */
const fewestPatients = 10;

/**
 * Percentile bootstrap (Efron and Tibshirani 1993, ch. 13) over patients: each replicate draws as many patients as
 * there are, with replacement, and each drawn patient brings all of its lesions, so that lesions of one patient need
 * not be independent. All statistics see the same replicates. A replicate in which a statistic is undefined (a class
 * was not drawn) is left out of that statistic's interval. The reason in place of an interval: too few patients with a
 * wrong or with a right decision, or too many such replicates.
 * @param lesions labelled, in the order of the weights
 */
export function bootstrapIntervals(
  lesions: readonly LesionPrediction[],
  statistics: WeightedStatistics,
  options: { readonly replicates: number; readonly random: Pick<Random, 'int'> },
): (Interval | string)[] {
  const { replicates, random } = options;
  const weights = new Float64Array(lesions.length).fill(1);
  const values = statistics(weights).map((): number[] => []);
  const refusal = tooFew(lesions) ?? (replicates < 1 ? 'no patients were drawn' : null);
  if (refusal !== null) return values.map(() => refusal);
  const index = new Map<string, number>();
  const patient = lesions.map(({ patientId }) => {
    const number = index.get(patientId) ?? index.size;
    index.set(patientId, number);
    return number;
  });
  const drawn = new Float64Array(index.size);
  for (let r = 0; r < replicates; r++) {
    drawPatients(drawn, random);
    patient.forEach((of, lesion) => {
      weights[lesion] = drawn[of] as number;
    });
    statistics(weights).forEach(({ value }, s) => {
      if (value !== null) values[s]?.push(value);
    });
  }
  return values.map((found) => {
    if (found.length < 0.9 * replicates) return 'too many draws lack a class';
    const interval = percentileInterval(Float64Array.from(found));
    return interval.upper - interval.lower > 1e-9 ? interval : 'every draw gives the same value';
  });
}

function tooFew(lesions: readonly LesionPrediction[]): string | null {
  for (const [word, right] of [
    ['wrong', false],
    ['right', true],
  ] as const) {
    const patients = new Set(
      lesions.filter((of) => isRight(of) === right).map((of) => of.patientId),
    );
    if (patients.size < fewestPatients) {
      return `${patients.size === 0 ? 'no' : `only ${patients.size}`} patient${patients.size === 1 ? '' : 's'} with a ${word} decision; drawing patients needs ${fewestPatients}`;
    }
  }
  return null;
}

/** Fills `drawn` with how often each patient is drawn: as many draws as patients, with replacement. */
function drawPatients(drawn: Float64Array, random: Pick<Random, 'int'>): void {
  drawn.fill(0);
  for (let i = 0; i < drawn.length; i++) {
    const patient = random.int(drawn.length);
    drawn[patient] = (drawn[patient] as number) + 1;
  }
}

/** The 95 % percentile interval of replicates. */
function percentileInterval(values: Float64Array): Interval {
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
