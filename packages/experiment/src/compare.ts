import { availableParallelism, totalmem } from 'node:os';
import { checkImages } from '@flc-native/classifier';
import { FlcError, throwIfCancelled, toFlcError } from '@flc-native/errors';
import {
  type Partition,
  type PhantomTruth,
  type Prepared,
  readPrepared,
  readSplits,
  type Splits,
} from '@flc-native/pipeline';
import { chooseRows } from './choose-rows.js';
import { type ComparedRow, collectRow, jobDir, repeated } from './collect.js';
import { claimFolder } from './comparison-folder.js';
import { demandOf, type JobDemand } from './demand.js';
import { readJobState, stored, writeJobState } from './job-state.js';
import { oracleEvaluation } from './oracle-row.js';
import { type Repeat, repeatsOf } from './repeats.js';
import type { Row } from './rows.js';
import { runWithin } from './schedule.js';
import type { ComparisonSettings, Job } from './settings.js';
import { startJob } from './start-job.js';
import { ProgressSum, type TableProgress } from './table-progress.js';

export interface CompareOptions {
  /** Folder of prepared lesions. */
  readonly prepared: string;
  /** File of the splits; every method runs on each of its partitions. */
  readonly splits: string;
  /** Folder of the results; a comparison that was interrupted there goes on. */
  readonly out: string;
  /** Names of rows and groups; default `table2`. */
  readonly methods?: readonly string[] | undefined;
  readonly settings: ComparisonSettings;
  /** Cores that methods may take together; default all. */
  readonly cores?: number | undefined;
  /** MiB that methods may take together; default three quarters of the machine's. */
  readonly memory?: number | undefined;
  /** Networks are spread over these; default the one of the settings. */
  readonly devices?: readonly string[] | undefined;
  /** Of phantoms, for the oracle's row. */
  readonly truth?: { readonly truth: PhantomTruth; readonly key?: Uint8Array } | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: TableProgress) => void) | undefined;
  /** Another script for the jobs, for tests. */
  readonly script?: URL | undefined;
}

export interface Comparison {
  readonly partitions: readonly string[];
  /** As they were run: with several seeds each partition once for each. */
  readonly splits: Splits;
  readonly rows: readonly ComparedRow[];
  readonly prepared: Prepared;
}

/**
 * Runs every chosen method on every partition, each once in a process of its own, and gathers what they decided on the
 * test parts. What is on disk already is not run again; what failed is tried again, and if it fails still the rest is
 * gathered nonetheless.
 *
 * @throws FlcError CANCELLED (what is done stays), INVALID_CONFIG for unknown methods or a folder of another comparison,
 *   DATA_ERROR for a prepared cohort of another version, splits of another cohort, or the same images in two parts
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const { settings, out, signal } = options;
  const prepared = await readPrepared(options.prepared);
  const splits = await readSplits(options.splits);
  checkPatients(splits.partitions, prepared);
  for (const partition of splits.partitions) checkImages(prepared, partition);
  const rows = chooseRows(options.methods ?? ['table2'], prepared.index.phases);
  await claimFolder(out, prepared, splits, settings);
  const repeats = repeatsOf(splits.partitions, settings.seed, settings.seeds ?? 1);
  const jobs = await openJobs(options, rows, repeats);
  const progress = new ProgressSum(new Map(jobs.map(({ name, weight }) => [name, weight])), (sum) =>
    options.onProgress?.(sum),
  );
  const capacity = {
    cores: options.cores ?? availableParallelism(),
    memory: options.memory ?? (0.75 * totalmem()) / 2 ** 20,
  };
  await runWithin(capacity, jobs, async ({ job, name }) => {
    throwIfCancelled(signal, 'The comparison was interrupted');
    const onProgress = (done: number, stage: string) => progress.update(name, done, stage);
    await startJob(job, { signal, onProgress, script: options.script }).catch(
      async (thrown: unknown) => {
        const error = toFlcError(thrown);
        if (error.code === 'CANCELLED') throw error;
        // What killed one process need not end the others; the cell says what it was.
        await writeJobState(job.dir, { seconds: 0, description: {}, error: stored(error) });
      },
    );
    progress.end(name);
  });
  const names = repeats.map(({ name }) => name);
  const partitions = repeats.map(({ partition }) => partition);
  const compared: ComparedRow[] = [];
  for (const row of rows) compared.push(await collectRow(row, repeats, out));
  if (options.truth !== undefined && settings.unit === 'lesion')
    compared.push(oracleRow(options.truth, prepared, repeats));
  return { partitions: names, splits: { ...splits, partitions }, rows: compared, prepared };
}

interface OpenJob extends JobDemand {
  readonly name: string;
  readonly job: Job;
}

/** The jobs that have not ended well. */
async function openJobs(
  options: CompareOptions,
  rows: readonly Row[],
  repeats: readonly Repeat[],
): Promise<OpenJob[]> {
  const { settings, out } = options;
  const devices = options.devices ?? [settings.train.device ?? 'auto'];
  const jobs: OpenJob[] = [];
  let networks = 0;
  for (const row of rows) {
    if (row.kind === 'derived') continue;
    for (const { name, of, seed } of repeats) {
      const dir = jobDir(out, name, row.key);
      const state = await readJobState(dir);
      if (state !== undefined && state.error === null) continue;
      // Classic methods take no device, and would leave gaps in the round.
      const round = row.kind === 'network' ? networks++ : 0;
      const device = devices[round % devices.length] as string;
      const own = { ...settings, seed, train: { ...settings.train, device } };
      jobs.push({
        ...demandOf(row, own, device),
        name: `${row.key} ${name}`,
        job: {
          ...{ row: row.key, partition: of, dir, settings: own },
          ...{ prepared: options.prepared, splits: options.splits },
        },
      });
    }
  }
  return jobs;
}

/** @throws FlcError DATA_ERROR if the splits list patients that are not prepared */
function checkPatients(partitions: readonly Partition[], { index }: Prepared): void {
  const known = new Set(index.samples.map(({ patientId }) => patientId));
  for (const { name, train, val, test } of partitions) {
    const unknown = [...train, ...val, ...test].filter((patient) => !known.has(patient));
    if (unknown.length === 0) continue;
    throw new FlcError('DATA_ERROR', `Partition ${name} lists patients that are not prepared`, {
      details: { partition: name, unknown },
      remedy: 'Make the splits anew from this cohort: flc-native split.',
    });
  }
}

function oracleRow(
  { truth, key }: NonNullable<CompareOptions['truth']>,
  prepared: Prepared,
  repeats: readonly Repeat[],
): ComparedRow {
  return {
    method: 'oracle',
    title: 'Oracle on the latent mean HU',
    group: 'oracle',
    evaluations: repeats.map((repeat) =>
      repeated(oracleEvaluation(prepared, repeat.partition, truth, key), repeat),
    ),
    missing: [],
    seconds: null,
    settings: {},
    runs: {},
  };
}
