import { join } from 'node:path';
import { type EvaluationResult, writeEvaluation } from '@flc-native/classifier';
import { FlcError, toFlcError } from '@flc-native/errors';
import { type Partition, type Prepared, readPrepared, readSplits } from '@flc-native/pipeline';
import { runClassic } from './classic-job.js';
import { evaluationFile, stored, writeJobState } from './job-state.js';
import { runNetwork } from './network-job.js';
import { ablationRows, type Row, tableRows } from './rows.js';
import type { Job } from './settings.js';

/** What a row needs to run. */
export interface JobContext {
  readonly prepared: Prepared;
  readonly partition: Partition;
  readonly job: Job;
  readonly signal: AbortSignal;
  /** Share of the job that is done, 0 to 1, and the stage it is in. */
  readonly onProgress: (done: number, stage: string) => void;
}

export interface JobResult {
  readonly evaluation: EvaluationResult;
  readonly description: Readonly<Record<string, unknown>>;
}

/**
 * Fits a method on train and validation of a partition and classifies the test part, once. Leaves evaluation.json and
 * job.json; a failure of the method is written there too, so that the rest of the table can be made.
 *
 * @throws FlcError CANCELLED, with what is done kept; IO_ERROR if the folder cannot be written
 */
export async function runJob(
  job: Job,
  signal: AbortSignal,
  onProgress: JobContext['onProgress'],
): Promise<void> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const prepared = await readPrepared(job.prepared);
    const partition = await partitionOf(job);
    checkClasses(prepared, partition);
    const row = rowOf(job.row, prepared.index.phases);
    const context = { prepared, partition, job, signal, onProgress };
    const { evaluation, description } = await (row.kind === 'network'
      ? runNetwork(row, context)
      : runClassic(row, context));
    await writeEvaluation(join(job.dir, evaluationFile), evaluation);
    await writeJobState(job.dir, { seconds: seconds(), description, error: null });
  } catch (thrown) {
    const error = toFlcError(thrown);
    if (error.code === 'CANCELLED') throw error;
    await writeJobState(job.dir, { seconds: seconds(), description: {}, error: stored(error) });
  }
}

function rowOf(key: string, phases: readonly string[]): Exclude<Row, { kind: 'derived' }> {
  const row = [...tableRows, ...ablationRows(phases)].find((one) => one.key === key);
  if (row !== undefined && row.kind !== 'derived') return row;
  throw new FlcError('INTERNAL', `${key} is no method that can be run`);
}

async function partitionOf(job: Job): Promise<Partition> {
  const { partitions } = await readSplits(job.splits);
  const partition = partitions.find(({ name }) => name === job.partition);
  if (partition !== undefined) return partition;
  throw new FlcError('DATA_ERROR', `The splits have no partition ${job.partition}`);
}

/** @throws FlcError DATA_ERROR if a class of the cohort is absent from a part: its accuracy could not be told */
function checkClasses({ index }: Prepared, partition: Partition): void {
  for (const part of ['train', 'val', 'test'] as const) {
    const patients = new Set(partition[part]);
    const present = new Set(
      index.samples.filter(({ patientId }) => patients.has(patientId)).map((one) => one.class),
    );
    const absent = index.classes.filter((name) => !present.has(name));
    if (absent.length === 0) continue;
    throw new FlcError(
      'DATA_ERROR',
      `Part ${part} of partition ${partition.name} has no lesion of ${absent.join(', ')}`,
      {
        details: { partition: partition.name, part, absent },
        remedy:
          'Split so that every part has every class (flc-native split), or leave the class out of the dataset.',
      },
    );
  }
}
