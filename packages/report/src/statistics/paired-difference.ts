import type { Random } from '@flc-native/pipeline';
import { clusteredMean } from '../metrics/clustered.js';
import type { Interval } from '../metrics/measure.js';
import type { PairedDecision } from './paired-decisions.js';
import { type SignFlip, signFlipTest } from './sign-flip.js';
import { studentQuantile975 } from './student.js';

/** Difference of two accuracies, first minus second, each the mean over the partitions. */
export interface PairedDifference {
  readonly difference: number;
  /** 95 %; null for the `reason`. */
  readonly interval: Interval | null;
  /** Why there is no interval; null where there is one. */
  readonly reason: string | null;
  /** When other patients are tested; null like the interval. */
  readonly standardError: number | null;
  /** Two-sided, of the sign-flip test over patients. */
  readonly pValue: number;
  readonly pMethod: SignFlip['method'];
}

/** With fewer patients no two-sided test of signs reaches 5 %: 2 / 2^5 = 0.0625. */
const fewestDiffering = 6;

/**
 * The interval takes patients as what was sampled, with Student's t on as many patients as differ. The test flips the
 * sign of a patient's summed difference, over lesions, partitions and trainings together.
 */
export function pairedDifference(
  pairs: readonly PairedDecision[],
  options: { readonly draws: number; readonly random: Pick<Random, 'int'> },
): PairedDifference {
  const partitions = byPartition(pairs);
  const ahead = (of: PairedDecision) => Number(of.firstRight) - Number(of.secondRight);
  const { mean, standardError } = clusteredMean(
    partitions.map((of) =>
      of.map((pair) => ({ id: pair.id, patientId: pair.patientId, value: ahead(pair) })),
    ),
  );
  const weights = wholeWeights(partitions.map((of) => of.length));
  const sums = new Map<string, number>();
  partitions.forEach((of, p) => {
    for (const pair of of) {
      const sum = (sums.get(pair.patientId) ?? 0) + (weights[p] as number) * ahead(pair);
      sums.set(pair.patientId, sum);
    }
  });
  const { pValue, method: pMethod } = signFlipTest([...sums.values()], options);
  const differing = pairs.filter((pair) => ahead(pair) !== 0);
  const patients = new Set(differing.map((pair) => pair.patientId)).size;
  const head = { difference: mean, pValue, pMethod };
  const none = (reason: string) => ({ ...head, interval: null, reason, standardError: null });
  if (patients < fewestDiffering) {
    return none(
      `the two differ on ${patients} patient${patients === 1 ? '' : 's'}; below ${fewestDiffering} no difference can reach the 5 % level`,
    );
  }
  if (standardError === null || standardError < 1e-9) {
    return none('the two differ by the same in every patient, so the spread is unknown');
  }
  const half = studentQuantile975(patients - 1) * standardError;
  const interval: Interval = {
    lower: Math.max(-1, mean - half),
    upper: Math.min(1, mean + half),
    level: 0.95,
    method: 'student',
  };
  return { ...head, interval, reason: null, standardError };
}

function byPartition(pairs: readonly PairedDecision[]): PairedDecision[][] {
  const names = [...new Set(pairs.map((pair) => pair.partition))];
  return names.map((name) => pairs.filter((pair) => pair.partition === name));
}

/**
 * Whole weights of the lesions of each partition, as 1 / lesions to each other: sums that are equal then are so in
 * full. Partitions without a small common multiple get weights rounded to a millionth of it; the test holds for any.
 */
function wholeWeights(lesions: readonly number[]): number[] {
  let common = 1;
  for (const n of lesions) {
    common = (common / greatestDivisor(common, n)) * n;
    if (common > 1e6) return lesions.map((of) => Math.round(1e6 / of));
  }
  return lesions.map((of) => common / of);
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}
