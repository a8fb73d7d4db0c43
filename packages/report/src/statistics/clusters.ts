import type { LesionPrediction } from '../evaluation.js';

/** The labelled lesions of several partitions in one row, with the patients over all of them. */
export interface Clusters {
  /** Index of the patient of each lesion, 0 .. patients - 1; partition after partition. */
  readonly patient: Int32Array;
  readonly patients: number;
  /** First lesion of each partition, then the end of the last one. */
  readonly starts: readonly number[];
}

/**
 * Numbers the patients jointly: someone who is tested in two partitions is one patient, so that a draw of patients
 * brings the same person's lesions in both. Lesions without truth are left out, as `toScored` does.
 */
export function clusterPatients(partitions: readonly (readonly LesionPrediction[])[]): Clusters {
  const index = new Map<string, number>();
  const patient: number[] = [];
  const starts = [0];
  for (const predictions of partitions) {
    for (const { patientId, truth } of predictions) {
      if (truth === null) continue;
      const number = index.get(patientId) ?? index.size;
      index.set(patientId, number);
      patient.push(number);
    }
    starts.push(patient.length);
  }
  return { patient: Int32Array.from(patient), patients: index.size, starts };
}
