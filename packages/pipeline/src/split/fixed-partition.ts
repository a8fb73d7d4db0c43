import { FlcError } from '@flc-native/errors';
import { pseudonym } from '../dataset/pseudonym.js';
import { type Cohort, type Patient, sumCounts } from './cohort.js';
import { type Part, type Partition, parts } from './splits.js';

/**
 * A partition from given lists. Entries are patient or case pseudonyms, or the names in the dataset that these stand
 * for; a listed case brings its whole patient. Patients on no list are used nowhere.
 *
 * @throws FlcError DATA_ERROR for an unknown entry, a patient in two parts or a class missing from a part
 */
export function fixedPartition(
  cohort: Cohort,
  lists: Record<Part, readonly string[]>,
  key?: Uint8Array,
): Partition {
  const patients = {
    train: resolve(cohort, lists.train, 'train', key),
    val: resolve(cohort, lists.val, 'val', key),
    test: resolve(cohort, lists.test, 'test', key),
  };
  const partOf = new Map<string, Part>();
  for (const part of parts) {
    for (const { id } of patients[part]) {
      const other = partOf.get(id);
      if (other !== undefined) {
        throw new FlcError('DATA_ERROR', `Patient ${id} is in ${other} and in ${part}`, {
          details: { patientId: id, parts: [other, part] },
          remedy: 'All cases of a patient belong to one part.',
        });
      }
      partOf.set(id, part);
    }
    const counts = sumCounts(patients[part]);
    const absent = cohort.classes.filter((name) => counts[name] === undefined);
    if (absent.length > 0) {
      throw new FlcError('DATA_ERROR', `Part ${part} has no lesion of ${absent.join(', ')}`, {
        details: { part, absent, counts },
        remedy: 'List a patient of each class in every part.',
      });
    }
  }
  return {
    name: 'fixed',
    train: patients.train.map(({ id }) => id),
    val: patients.val.map(({ id }) => id),
    test: patients.test.map(({ id }) => id),
    counts: {
      train: sumCounts(patients.train),
      val: sumCounts(patients.val),
      test: sumCounts(patients.test),
    },
  };
}

function resolve(
  cohort: Cohort,
  entries: readonly string[],
  part: Part,
  key: Uint8Array | undefined,
): Patient[] {
  const found = new Map<string, Patient>();
  for (const entry of entries) {
    const names = [entry, pseudonym(entry, key)];
    const patient = cohort.patients.find(
      ({ id, caseIds }) => names.includes(id) || names.some((name) => caseIds.has(name)),
    );
    if (patient === undefined) {
      // The entry may be a real name and must not travel in an error; its place in the list is enough.
      throw new FlcError('DATA_ERROR', `An entry of the ${part} list is no patient or case`, {
        details: { part, entry: entries.indexOf(entry), pseudonym: pseudonym(entry, key) },
        remedy:
          'Entries are patient or case ids of the prepared cohort with a labelled lesion; names need the key of the dataset, if it has one.',
      });
    }
    found.set(patient.id, patient);
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
