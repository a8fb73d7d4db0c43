import { createHash } from 'node:crypto';
import { FlcError } from '@flc-native/errors';
import {
  checkSplits,
  type InputStamp,
  type Part,
  type Partition,
  type Prepared,
  type PreparedSample,
  parts,
  samplesOfPart,
} from '@flc-native/pipeline';

/** Labelled samples of the two parts that a model is fitted on. */
export interface FittingSamples {
  readonly train: readonly PreparedSample[];
  readonly val: readonly PreparedSample[];
}

/**
 * The samples that a partition gives to fitting.
 *
 * @throws FlcError DATA_ERROR if a patient, or the images of one under two names, are in two parts, or a part or class of the training part is empty
 */
export function fittingSamples(prepared: Prepared, partition: Partition): FittingSamples {
  checkSplits({ format: 'flc-splits', version: 1, seed: 0, partitions: [partition] });
  checkImages(prepared, partition);
  const labelled = prepared.index.samples.filter((sample) => sample.class !== null);
  const train = samplesOfPart(labelled, partition, 'train');
  const val = samplesOfPart(labelled, partition, 'val');
  for (const [part, samples] of Object.entries({ train, val })) {
    const present = new Set(samples.map((sample) => sample.class));
    if (present.size >= 2) continue;
    throw new FlcError(
      'DATA_ERROR',
      `Part ${part} has ${present.size === 0 ? 'no labelled lesion' : 'lesions of one class'}; two classes are the least`,
      {
        details: { partition: partition.name, part, classes: [...present] },
        remedy:
          'Give the cohort lesions of two classes or more, several patients each, and split it again: flc-native split.',
      },
    );
  }
  return { train, val };
}

/** Class index of a labelled sample. */
export function classIndex(classes: readonly string[], name: string | null): number {
  const index = name === null ? -1 : classes.indexOf(name);
  if (index >= 0) return index;
  throw new FlcError('DATA_ERROR', `Class ${name} is not among the classes of the cohort`, {
    details: { class: name, classes },
  });
}

/** SHA-256 over settings, samples and the contents of the cases. Equal cohorts have equal hashes, whenever prepared. */
export function dataHash({ index }: Prepared): string {
  const { samples, cases, ...settings } = index;
  const contents = cases.map(({ caseId, patientId, key }) => ({ caseId, patientId, key }));
  const ordered = (items: readonly object[]) => items.map((item) => JSON.stringify(item)).sort();
  return sha256(JSON.stringify([settings, ordered(samples), ordered(contents)]));
}

/** One hash for the images of each case of the given patients, whatever the case is called and however it is cut. */
export function imageHashes({ index }: Prepared, patients: readonly string[]): string[] {
  const wanted = new Set(patients);
  return index.cases
    .filter(({ patientId }) => wanted.has(patientId))
    .map(({ inputs }) =>
      sha256(JSON.stringify(inputs.filter(isImage).map((input) => input.sha256))).slice(0, 16),
    );
}

/** @throws FlcError DATA_ERROR if the images of a case are in two parts, under patients of different names */
export function checkImages(prepared: Prepared, partition: Partition): void {
  const partOf = new Map<string, Part>();
  for (const part of parts) {
    for (const hash of imageHashes(prepared, partition[part])) {
      const other = partOf.get(hash) ?? part;
      if (other !== part) {
        throw new FlcError(
          'DATA_ERROR',
          `Two patients of partition ${partition.name}, in ${other} and in ${part}, have the same images`,
          {
            details: { partition: partition.name, parts: [other, part], images: hash },
            remedy:
              'flc-native check names the cases. Give them one patient in the dataset, or leave one out; then prepare and split again.',
          },
        );
      }
      partOf.set(hash, part);
    }
  }
}

function isImage({ role }: InputStamp): boolean {
  return role.startsWith('phase ');
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
