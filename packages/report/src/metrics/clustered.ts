import type { Interval } from './measure.js';
import { wilsonInterval } from './wilson.js';

/** A number for one decision, such as 1 for a right one. Decisions on one lesion share the `id`. */
export interface Counted {
  readonly id: string;
  readonly patientId: string;
  readonly value: number;
}

/** The mean of some numbers over partitions, and what its error rests on when patients are what was sampled. */
export interface ClusteredMean {
  /** Mean over the partitions of the mean of each. */
  readonly mean: number;
  /** Of a mean that rests on other patients, by linearization; null for fewer than two patients. */
  readonly standardError: number | null;
  /** Effective numbers (Kish 1965): equal weights give the numbers of patients and of lesions. */
  readonly effectivePatients: number;
  readonly effectiveLesions: number;
}

/**
 * Mean over partitions, none of them empty, each with the decisions of one or more trainings. A patient is one draw,
 * whatever the number of lesions, partitions and trainings: V = n / (n - 1) sum e_i^2, where e_i sums the weighted
 * deviations of the patient's decisions from their partition's mean (Cochran, Sampling Techniques, 1977, ch. 9A).
 */
export function clusteredMean(partitions: readonly (readonly Counted[])[]): ClusteredMean {
  const residuals = new Map<string, number>();
  const ofPatient = new Map<string, number>();
  const ofLesion = new Map<string, number>();
  let mean = 0;
  for (const decisions of partitions) {
    const weight = 1 / (partitions.length * decisions.length);
    const own = decisions.reduce((sum, { value }) => sum + value, 0) / decisions.length;
    mean += own / partitions.length;
    for (const { id, patientId, value } of decisions) {
      add(residuals, patientId, weight * (value - own));
      add(ofPatient, patientId, weight);
      add(ofLesion, id, weight);
    }
  }
  const n = residuals.size;
  return {
    mean,
    standardError: n < 2 ? null : Math.sqrt((n / (n - 1)) * squares(residuals)),
    effectivePatients: 1 / squares(ofPatient),
    effectiveLesions: 1 / squares(ofLesion),
  };
}

/**
 * 95 % interval of a share: Wilson's with the effective number of lesions p (1 - p) / V in place of their number
 * (Korn and Graubard, Surv. Methodol. 24:193, 1998; Franco et al., J. Surv. Stat. Methodol. 7:334, 2019). That number
 * lies between that of the patients (lesions of a patient alike) and that of the lesions (no more alike than others);
 * where all decisions are alike it cannot be estimated, and the lower end is taken. So the interval is never of zero
 * width, and with one lesion a patient in one partition it is Wilson's own.
 */
export function clusteredInterval(of: ClusteredMean): Interval {
  const { mean, standardError, effectivePatients, effectiveLesions } = of;
  // A partition's share of exactly 0 or 1 leaves rounding errors behind.
  const known = standardError !== null && standardError > 1e-9;
  const found = known ? (mean * (1 - mean)) / standardError ** 2 : effectivePatients;
  return wilsonInterval(mean, Math.min(effectiveLesions, Math.max(effectivePatients, found)));
}

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

function squares(sums: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const value of sums.values()) total += value * value;
  return total;
}
