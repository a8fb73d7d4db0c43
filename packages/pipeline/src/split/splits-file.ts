import { readFile } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import { writeFileAtomic } from '../storage/index.js';
import {
  type Part,
  type Partition,
  parts,
  type SplitSample,
  type Splits,
  splitsSchema,
} from './splits.js';

/**
 * Reads and checks splits.json.
 *
 * @param samples if given, every labelled patient of the file must be among them and every part must have every class
 * @throws FlcError IO_ERROR if it cannot be read, DATA_ERROR if it is no valid file of splits
 */
export async function readSplits(file: string, samples?: readonly SplitSample[]): Promise<Splits> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new FlcError('IO_ERROR', 'The splits cannot be read', {
      details: { file },
      remedy: 'Make them with `flc-native split`.',
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new FlcError('DATA_ERROR', 'The file of splits is no valid JSON', {
      details: { file },
      cause,
    });
  }
  const parsed = splitsSchema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new FlcError(
      'DATA_ERROR',
      `The file of splits is not valid at ${issue?.path.join('.') || 'its top'}: ${issue?.message}`,
      { details: { file, path: issue?.path.join('.') }, cause: parsed.error },
    );
  }
  checkSplits(parsed.data, samples, file);
  return parsed.data;
}

/** Checks the splits as readSplits does and writes them atomically. */
export async function writeSplits(file: string, splits: Splits): Promise<void> {
  checkSplits(splits, undefined, file);
  await writeFileAtomic(file, `${JSON.stringify(splits, null, 2)}\n`);
}

/**
 * @throws FlcError DATA_ERROR if a patient is listed twice in a partition, a name occurs twice or, with samples, a
 *   patient is unknown or a class is missing from a part
 */
export function checkSplits(splits: Splits, samples?: readonly SplitSample[], file?: string): void {
  const details = file === undefined ? {} : { file };
  const names = splits.partitions.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new FlcError('DATA_ERROR', `Two partitions have the name ${twice}`, { details });
  }
  for (const partition of splits.partitions) {
    checkPatients(partition, details);
    if (samples !== undefined) checkAgainstSamples(partition, samples, details);
  }
}

function checkPatients(partition: Partition, details: Record<string, unknown>): void {
  const partOf = new Map<string, Part>();
  for (const part of parts) {
    for (const patientId of partition[part]) {
      const other = partOf.get(patientId);
      if (other !== undefined) {
        const where = other === part ? `twice in ${part}` : `in ${other} and in ${part}`;
        throw new FlcError(
          'DATA_ERROR',
          `Patient ${patientId} is ${where} of partition ${partition.name}`,
          { details: { ...details, patientId, partition: partition.name, parts: [other, part] } },
        );
      }
      partOf.set(patientId, part);
    }
  }
}

function checkAgainstSamples(
  partition: Partition,
  samples: readonly SplitSample[],
  details: Record<string, unknown>,
): void {
  const patients = new Set(samples.map(({ patientId }) => patientId));
  const classes = new Set(samples.flatMap((sample) => sample.class ?? []));
  for (const part of parts) {
    const unknown = partition[part].filter((patientId) => !patients.has(patientId));
    if (unknown.length > 0) {
      throw new FlcError(
        'DATA_ERROR',
        `Part ${part} of partition ${partition.name} lists patients that are not prepared`,
        {
          details: { ...details, partition: partition.name, part, unknown },
          remedy: 'Make the splits anew from this cohort.',
        },
      );
    }
    const present = new Set(samplesOfPart(samples, partition, part).map((sample) => sample.class));
    const absent = [...classes].filter((name) => !present.has(name));
    if (absent.length > 0) {
      throw new FlcError(
        'DATA_ERROR',
        `Part ${part} of partition ${partition.name} has no lesion of ${absent.join(', ')}`,
        { details: { ...details, partition: partition.name, part, absent } },
      );
    }
  }
}

/** The labelled samples of the patients of one part, in their order. */
export function samplesOfPart<S extends SplitSample>(
  samples: readonly S[],
  partition: Partition,
  part: Part,
): S[] {
  const patients = new Set(partition[part]);
  return samples.filter((sample) => sample.class !== null && patients.has(sample.patientId));
}
