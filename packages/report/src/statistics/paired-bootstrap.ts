import type { Random } from '@flc-native/pipeline';
import { drawPatients, percentileInterval } from '../metrics/bootstrap.js';
import type { Interval } from '../metrics/measure.js';
import type { PairedDecision } from './paired-decisions.js';

/** Difference of two accuracies, first minus second, each the mean over the partitions. */
export interface PairedDifference {
  readonly difference: number;
  /** 95 %, percentile; null where there are fewer than two patients or no draws. */
  readonly interval: Interval | null;
  /** Two-sided: twice the share of replicates at or beyond 0, at most 1; null like the interval. */
  readonly pValue: number | null;
  /** Standard deviation of the replicates; null like the interval. */
  readonly standardError: number | null;
}

/**
 * Paired bootstrap over patients (Efron and Tibshirani 1993, ch. 16): both methods see the same replicates, every drawn
 * patient brings all of its lesions in every partition. So neither the lesions of one patient, nor one patient in the
 * test parts of two partitions, nor the two decisions on one lesion are taken as independent.
 */
export function pairedBootstrap(
  pairs: readonly PairedDecision[],
  options: { readonly replicates: number; readonly random: Pick<Random, 'int'> },
): PairedDifference {
  const { replicates, random } = options;
  const partitions = sumsByPatient(pairs);
  const patients = partitions[0]?.lesions.length ?? 0;
  const difference = meanDifference(partitions, new Float64Array(patients).fill(1));
  if (patients < 2 || replicates < 1) {
    return { difference, interval: null, pValue: null, standardError: null };
  }
  const drawn = new Float64Array(patients);
  const values = new Float64Array(replicates);
  for (let r = 0; r < replicates; r++) {
    drawPatients(drawn, random);
    values[r] = meanDifference(partitions, drawn);
  }
  // A partition without a drawn patient has no accuracy.
  const found = values.filter((value) => !Number.isNaN(value));
  if (found.length < 0.9 * replicates) {
    return { difference, interval: null, pValue: null, standardError: null };
  }
  return {
    difference,
    interval: percentileInterval(found),
    pValue: twoSided(found),
    standardError: standardDeviation(found),
  };
}

interface PartitionSums {
  /** Lesions of each patient. */
  readonly lesions: Float64Array;
  /** Those right by the first method alone minus those right by the second alone. */
  readonly ahead: Float64Array;
}

function sumsByPatient(pairs: readonly PairedDecision[]): PartitionSums[] {
  const patients = [...new Set(pairs.map((pair) => pair.patientId))];
  const index = new Map(patients.map((patient, i) => [patient, i]));
  const sums = new Map<string, PartitionSums>();
  for (const { partition, patientId, firstRight, secondRight } of pairs) {
    const of = sums.get(partition) ?? {
      lesions: new Float64Array(patients.length),
      ahead: new Float64Array(patients.length),
    };
    sums.set(partition, of);
    const i = index.get(patientId) as number;
    of.lesions[i] = (of.lesions[i] as number) + 1;
    of.ahead[i] = (of.ahead[i] as number) + Number(firstRight) - Number(secondRight);
  }
  return [...sums.values()];
}

function meanDifference(partitions: readonly PartitionSums[], drawn: Float64Array): number {
  let mean = 0;
  for (const { lesions, ahead } of partitions) {
    let n = 0;
    let sum = 0;
    for (let i = 0; i < drawn.length; i++) {
      n += (drawn[i] as number) * (lesions[i] as number);
      sum += (drawn[i] as number) * (ahead[i] as number);
    }
    mean += sum / n / partitions.length;
  }
  return mean;
}

function twoSided(values: Float64Array): number {
  // 1 is added to both counts: a p-value of 0 would claim more than a finite number of draws can show.
  const below = values.filter((value) => value <= 0).length + 1;
  const above = values.filter((value) => value >= 0).length + 1;
  return Math.min(1, (2 * Math.min(below, above)) / (values.length + 1));
}

function standardDeviation(values: Float64Array): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}
