import type { ScoredMethod } from './scored-method.js';

/** What the tests rest on. */
export interface CohortSize {
  /** Different labelled lesions in the test parts. */
  readonly lesions: number;
  readonly patients: number;
  /** Decisions: a lesion in the test parts of two partitions counts twice. */
  readonly decisions: number;
  /** Lesions in the test part of more than one partition. */
  readonly repeated: number;
}

/** Counted over the partitions of all methods, so that a method that failed hides no lesion. */
export function cohortSize(methods: readonly ScoredMethod[]): CohortSize {
  const patients = new Set<string>();
  const partitionsOf = new Map<string, Set<string>>();
  for (const { partition, evaluation } of methods.flatMap((method) => method.runs)) {
    for (const { id, patientId, truth } of evaluation.predictions) {
      if (truth === null) continue;
      patients.add(patientId);
      partitionsOf.set(id, (partitionsOf.get(id) ?? new Set()).add(partition));
    }
  }
  const times = [...partitionsOf.values()].map((partitions) => partitions.size);
  return {
    lesions: times.length,
    patients: patients.size,
    decisions: times.reduce((a, b) => a + b, 0),
    repeated: times.filter((n) => n > 1).length,
  };
}
