import { FlcError } from '@flc-native/errors';
import type { ClassCounts, SplitSample } from './splits.js';

/** One patient with what a stratified split counts: the labelled lesions by class. */
export interface Patient {
  readonly id: string;
  readonly caseIds: ReadonlySet<string>;
  readonly counts: ClassCounts;
  readonly numLesions: number;
}

export interface Cohort {
  /** Ordered by id, so that the order of the samples has no influence. */
  readonly patients: readonly Patient[];
  readonly classes: readonly string[];
  /** Lesions by class over all patients. */
  readonly counts: ClassCounts;
}

/**
 * Groups samples by patient; the slices of one lesion count once.
 *
 * @throws FlcError DATA_ERROR if no sample has a class, a lesion has two classes or a case two patients
 */
export function cohortOf(samples: readonly SplitSample[]): Cohort {
  const lesionsByPatient = new Map<string, Map<string, string>>();
  const casesByPatient = new Map<string, Set<string>>();
  const patientByCase = new Map<string, string>();
  for (const sample of samples) {
    const owner = patientByCase.get(sample.caseId) ?? sample.patientId;
    if (owner !== sample.patientId) {
      throw new FlcError('DATA_ERROR', `Case ${sample.caseId} belongs to two patients`, {
        details: { caseId: sample.caseId, patients: [owner, sample.patientId] },
      });
    }
    patientByCase.set(sample.caseId, owner);
    if (sample.class === null) continue;
    const lesions = lesionsByPatient.get(sample.patientId) ?? new Map<string, string>();
    const known = lesions.get(sample.lesionId) ?? sample.class;
    if (known !== sample.class) {
      throw new FlcError('DATA_ERROR', `Lesion ${sample.lesionId} has two classes`, {
        details: { lesionId: sample.lesionId, classes: [known, sample.class] },
      });
    }
    lesionsByPatient.set(sample.patientId, lesions.set(sample.lesionId, sample.class));
    const cases = casesByPatient.get(sample.patientId) ?? new Set<string>();
    casesByPatient.set(sample.patientId, cases.add(sample.caseId));
  }
  if (lesionsByPatient.size === 0) {
    throw new FlcError('DATA_ERROR', 'There is no labelled lesion to split', {
      remedy: 'Give the lesions of the dataset a class.',
    });
  }
  const patients = [...lesionsByPatient]
    .map(([id, lesions]) => ({
      id,
      caseIds: casesByPatient.get(id) ?? new Set<string>(),
      counts: tally(lesions.values()),
      numLesions: lesions.size,
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const counts = sumCounts(patients);
  return { patients, classes: Object.keys(counts), counts };
}

/** Lesions by class of some patients, classes in alphabetical order. */
export function sumCounts(patients: readonly Patient[]): ClassCounts {
  const sum: ClassCounts = {};
  for (const { counts } of patients) {
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
  }
  return Object.fromEntries(Object.entries(sum).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function tally(classes: Iterable<string>): ClassCounts {
  const counts: ClassCounts = {};
  for (const name of classes) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
