import type { LesionPrediction } from '../evaluation.js';

/** The decisions of one training of a method on the test part of one partition. */
export interface Decisions {
  /** Unique; the same for all methods. */
  readonly run: string;
  readonly partition: string;
  readonly predictions: readonly LesionPrediction[];
}

/** What two methods made of one lesion in one partition. */
export interface PairedDecision {
  readonly id: string;
  readonly patientId: string;
  readonly partition: string;
  readonly firstRight: boolean;
  readonly secondRight: boolean;
}

/** The labelled lesions that both methods decided, in the runs that both have; in the order of the first. */
export function pairDecisions(
  first: readonly Decisions[],
  second: readonly Decisions[],
): PairedDecision[] {
  return first.flatMap(({ run, partition, predictions }) => {
    const other = second.find((of) => of.run === run);
    const byId = new Map(other?.predictions.map((prediction) => [prediction.id, prediction]));
    return predictions.flatMap(({ id, patientId, truth, predicted }) => {
      const match = byId.get(id);
      if (truth === null || match === undefined) return [];
      const firstRight = predicted === truth;
      return [{ id, patientId, partition, firstRight, secondRight: match.predicted === truth }];
    });
  });
}

/**
 * Each lesion once, in the first partition that tests it and its first training: for tests that take their pairs as independent. The same
 * lesion decided after two trainings is no second witness.
 */
export function eachLesionOnce(pairs: readonly PairedDecision[]): PairedDecision[] {
  const seen = new Set<string>();
  return pairs.filter(({ id }) => !seen.has(id) && seen.add(id));
}
