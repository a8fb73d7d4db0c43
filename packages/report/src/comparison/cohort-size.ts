import type { ScoredMethod } from './scored-method.js';

/** What the tests rest on. */
export interface CohortSize {
  /** Partitions of the splits that have results. */
  readonly partitions: number;
  /** Seeds that a partition was trained with. */
  readonly seeds: number;
  /** Different labelled lesions in the test parts. */
  readonly lesions: number;
  readonly patients: number;
  /** Of a method: a lesion counts once for each partition and seed that tests it. */
  readonly decisions: number;
  /** Lesions in the test part of more than one partition. */
  readonly repeated: number;
}

/** Counted over the partitions of all methods, so that a method that failed hides no lesion. */
export function cohortSize(methods: readonly ScoredMethod[]): CohortSize {
  const patients = new Set<string>();
  const partitionsOf = new Map<string, Set<string>>();
  const decisions = new Set<string>();
  const runsOf = new Map<string, Set<string>>();
  for (const { partition, of, evaluation } of methods.flatMap((method) => method.runs)) {
    runsOf.set(of, (runsOf.get(of) ?? new Set()).add(partition));
    for (const { id, patientId, truth } of evaluation.predictions) {
      if (truth === null) continue;
      patients.add(patientId);
      partitionsOf.set(id, (partitionsOf.get(id) ?? new Set()).add(of));
      decisions.add(`${partition}\n${id}`);
    }
  }
  const times = [...partitionsOf.values()].map((partitions) => partitions.size);
  return {
    partitions: runsOf.size,
    seeds: Math.max(1, ...[...runsOf.values()].map((runs) => runs.size)),
    lesions: times.length,
    patients: patients.size,
    decisions: decisions.size,
    repeated: times.filter((n) => n > 1).length,
  };
}
