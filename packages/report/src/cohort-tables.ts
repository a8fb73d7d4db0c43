import { FlcError } from '@flc-native/errors';
import type { Table } from './format/table.js';
import type { CohortSample, CohortSplits } from './prepared-cohort.js';

/** Patients, lesions and slices of each class. */
export function cohortTable(samples: readonly CohortSample[], classes: readonly string[]): Table {
  const groups: [string, readonly CohortSample[]][] = classes.map((name) => [
    name,
    samples.filter((sample) => sample.class === name),
  ]);
  const unlabelled = samples.filter((sample) => sample.class === null);
  if (unlabelled.length > 0) groups.push(['without a class', unlabelled]);
  groups.push(['all', samples]);
  return {
    caption: 'Cohort',
    header: ['Class', 'Patients', 'Lesions', 'Slices', 'Lowered coverage'],
    rows: groups.map(([name, of]) => [
      name,
      `${new Set(of.map((sample) => sample.patientId)).size}`,
      `${new Set(of.map((sample) => sample.lesionId)).size}`,
      `${of.length}`,
      `${of.filter((sample) => sample.coverageLowered).length}`,
    ]),
    notes: [
      'Patients with lesions of several classes count in each of them. Lowered coverage: slices without a patch that lies in the lesion by the ordinary share; the threshold was lowered for them, no lesion is left out.',
    ],
  };
}

/**
 * Lesions by part and class in each partition, in the form of the paper's Table 1.
 * @throws FlcError `DATA_ERROR` when a patient is in two parts of a partition.
 */
export function splitTable(
  samples: readonly CohortSample[],
  classes: readonly string[],
  splits: CohortSplits,
): Table {
  const parts = ['train', 'val', 'test'] as const;
  const lesions = new Map(samples.map((sample) => [sample.lesionId, sample]));
  const rows = splits.partitions.flatMap((partition) => {
    checkApart(partition.name, [partition.train, partition.val, partition.test]);
    return parts.map((part) => {
      const patients = new Set(partition[part]);
      const inside = [...lesions.values()].filter((sample) => patients.has(sample.patientId));
      const numbers = classes.map(
        (name) => inside.filter((sample) => sample.class === name).length,
      );
      const sum = numbers.reduce((a, b) => a + b, 0);
      return [`${partition.name}, ${part}`, ...numbers.map(String), `${sum}`, `${patients.size}`];
    });
  });
  return {
    caption: 'Lesions by part and class',
    header: ['Part', ...classes, 'Lesions', 'Patients'],
    rows,
    notes: ['Divided by patient: no patient is in two parts of a partition.'],
  };
}

function checkApart(name: string, parts: readonly (readonly string[])[]): void {
  const patients = parts.flatMap((part) => [...new Set(part)]);
  const twice = patients.find((patient, i) => patients.indexOf(patient) !== i);
  if (twice === undefined) return;
  throw new FlcError('DATA_ERROR', `Patient ${twice} is in two parts of ${name}.`, {
    details: { patient: twice, partition: name },
    remedy: 'Split again by patient.',
  });
}

/**
 * Ids of the lesions none of whose slices has a patch of the ordinary coverage. Other work leaves such lesions out
 * of its denominator; here they are scored, and the accuracy without them is printed beside.
 */
export function lesionsWithoutOrdinaryPatch(
  lesions: readonly { readonly id: string; readonly sliceIds: readonly string[] }[],
  samples: readonly CohortSample[],
): Set<string> {
  const lowered = new Map(samples.map((sample) => [sample.id, sample.coverageLowered]));
  return new Set(
    lesions
      .filter(
        ({ sliceIds }) => sliceIds.length > 0 && sliceIds.every((id) => lowered.get(id) === true),
      )
      .map(({ id }) => id),
  );
}
