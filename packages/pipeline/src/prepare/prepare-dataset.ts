import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { withHiddenFile } from '../case/case-failure.js';
import { type CaseJob, caseInputs, caseJob } from '../case/case-job.js';
import { runCaseTasks } from '../case/case-pool.js';
import { datasetFiles } from '../case/dataset-files.js';
import type { RunOptions } from '../case/progress.js';
import type { Dataset } from '../dataset/dataset.js';
import { checkHasCases } from '../dataset/no-cases.js';
import { ctWindow } from '../dataset/validate-dataset.js';
import { memoryBound } from '../registration/memory.js';
import { registrationMethod, resolveRegistration } from '../registration/registration-settings.js';
import { ioError, writeFileAtomic } from '../storage/atomic-file.js';
import { makeFolder } from '../storage/make-folder.js';
import { keepInputs } from '../storage/output-file.js';
import { settingsHash } from './case-key.js';
import { earlierIndex, earlierRecord, removeStale } from './case-records.js';
import { areUntouched } from './input-stamp.js';
import type { PrepareCaseResult } from './prepare-case.js';
import {
  type PrepareOptions,
  type ResolvedPrepareOptions,
  resolvePrepareOptions,
} from './prepare-options.js';
import { type CaseRecord, type PreparedIndex, preparedVersion } from './prepared-format.js';

const indexFile = 'index.json';

export interface PrepareReport {
  /** Cases that were cut in this run, and cases whose files were still valid. */
  readonly prepared: number;
  readonly reused: number;
  /** `caseId` is a pseudonym; `error.details.file` is hidden from JSON. */
  readonly failed: readonly { readonly caseId: string; readonly error: FlcError }[];
  readonly samples: number;
  readonly warnings: readonly { readonly caseId: string; readonly message: string }[];
  /** Cases that were cut in this run and what each took in its worker, in the order of the dataset. */
  readonly times: readonly { readonly caseId: string; readonly seconds: number }[];
  readonly seconds: number;
}

/**
 * Cuts the lesions of every case into `outDir` (index.json and one safetensors file a case). A case
 * whose inputs and settings are those of an earlier run is left as it is. A case that fails is
 * reported and the others go on. Rejects with CANCELLED (finished cases stay valid for the next
 * run), INVALID_CONFIG or IO_ERROR.
 */
export async function prepareDataset(
  dataset: Dataset,
  outDir: string,
  options: PrepareOptions = {},
  { signal, onProgress }: RunOptions = {},
): Promise<PrepareReport> {
  checkHasCases(dataset);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const resolved = withDatasetSettings(dataset, resolvePrepareOptions(options));
  const folders = [join(outDir, 'cases'), resolved.transforms ?? join(outDir, 'registration')];
  await keepInputs(datasetFiles(dataset), [join(outDir, indexFile), ...folders]);
  await makeFolder(join(outDir, 'cases')).catch((cause: unknown) => {
    throw ioError('making the output folder failed', outDir, cause);
  });
  const { shard } = resolved;
  const jobs = dataset.cases.map((entry) => caseJob(dataset, entry)).filter(isInShard(shard));
  const index = await earlierIndex(outDir);
  const plans = await planCases(jobs, outDir, resolved, index);
  const records = new Map<string, CaseRecord>();
  for (const plan of plans)
    if (plan.valid && plan.earlier) records.set(plan.job.caseId, plan.earlier);
  const open = plans.filter((plan) => !plan.valid);
  const reusedAtOnce = records.size;
  let done = reusedAtOnce;
  const total = jobs.length;
  onProgress?.({ done, total, seconds: seconds() });
  if (shard === undefined)
    await withdraw(outDir, index, new Set(open.map((plan) => plan.job.caseId)));
  // Shards run at the same time, so none may write the index; one that is out of date must not stay.
  else if (open.length > 0) await rm(join(outDir, indexFile), { force: true });

  const failed: { caseId: string; error: FlcError }[] = [];
  const times: { caseId: string; seconds: number }[] = [];
  let reused = reusedAtOnce;
  const tasks = open.map(({ job, earlier, settings }) => ({
    kind: 'prepare' as const,
    ...{ job, earlier, settings, outDir, options: resolved },
  }));
  const { registration } = resolved;
  const workers =
    registration === undefined ? resolved.workers : await memoryBound(jobs, registration, resolved);
  await runCaseTasks(tasks, {
    workers,
    signal,
    onOutcome: (i, outcome) => {
      const { caseId } = (open[i] as CasePlan).job;
      if (outcome instanceof FlcError) failed.push({ caseId, error: withHiddenFile(outcome) });
      else {
        const result = outcome as PrepareCaseResult;
        records.set(caseId, result.record);
        if (result.reused) reused += 1;
        else times.push({ caseId, seconds: result.seconds });
      }
      done += 1;
      onProgress?.({ done, total, caseId, seconds: seconds() });
    },
  });
  const ordered = jobs.flatMap((job) => records.get(job.caseId) ?? []);
  if (shard === undefined) {
    await writeIndex(outDir, makeIndex(dataset, resolved, ordered));
    await removeStale(outDir, new Set(records.keys()));
  }
  return {
    prepared: records.size - reused,
    reused,
    failed: inOrder(failed, jobs),
    samples: ordered.reduce((sum, record) => sum + record.samples.length, 0),
    warnings: ordered.flatMap((record) =>
      record.case.warnings.map((message) => ({ caseId: record.case.caseId, message })),
    ),
    times: inOrder(times, jobs),
    seconds: seconds(),
  };
}

/** Cases of a shard are spread over the dataset, since neighbours tend to be of one size. */
function isInShard(shard: ResolvedPrepareOptions['shard']) {
  return (_job: CaseJob, i: number) => shard === undefined || i % shard.count === shard.index - 1;
}

interface CasePlan {
  readonly job: CaseJob;
  readonly settings: string;
  readonly earlier: CaseRecord | undefined;
  /** True if every input looks as before, with the same settings. */
  readonly valid: boolean;
}

async function planCases(
  jobs: readonly CaseJob[],
  outDir: string,
  options: ResolvedPrepareOptions,
  index: PreparedIndex | undefined,
): Promise<CasePlan[]> {
  const plans: CasePlan[] = [];
  for (const job of jobs) {
    const settings = settingsHash(job, options);
    const found = await earlierRecord(outDir, job.caseId, index);
    const earlier = found?.case.settings === settings ? found : undefined;
    const valid =
      earlier !== undefined && (await areUntouched(caseInputs(job), earlier.case.inputs));
    plans.push({ job, settings, earlier, valid });
  }
  return plans;
}

/** Takes cases that will be redone out of the index, so that a killed run leaves no stale entry. */
async function withdraw(
  outDir: string,
  index: PreparedIndex | undefined,
  redone: ReadonlySet<string>,
): Promise<void> {
  const cases = index?.cases.filter((entry) => !redone.has(entry.caseId));
  if (index === undefined || cases === undefined || cases.length === index.cases.length) return;
  const samples = index.samples.filter((sample) => !redone.has(sample.caseId));
  await writeIndex(outDir, { ...index, cases, samples });
}

function makeIndex(
  dataset: Dataset,
  options: ResolvedPrepareOptions,
  records: readonly CaseRecord[],
): PreparedIndex {
  return {
    format: 'flc-prepared',
    version: preparedVersion,
    synthetic: dataset.synthetic ?? false,
    modality: dataset.modality,
    phases: dataset.phases,
    reference: dataset.reference,
    classes: dataset.classes,
    margin: options.margin,
    background: options.background,
    intensity: dataset.intensity ?? { window: ctWindow },
    slices: options.slices,
    align: options.align,
    ...(options.registration === undefined ? {} : { registration: options.registration }),
    inPlaneSpacing: options.inPlaneSpacing ?? null,
    coverage: options.coverage,
    samples: records.flatMap((record) => record.samples),
    cases: records.map((record) => record.case),
  };
}

function writeIndex(outDir: string, index: PreparedIndex): Promise<void> {
  return writeFileAtomic(join(outDir, indexFile), `${JSON.stringify(index, null, 1)}\n`);
}

/** Settings that dataset.yaml holds and the options do not override. */
function withDatasetSettings(
  dataset: Dataset,
  options: ResolvedPrepareOptions,
): ResolvedPrepareOptions {
  const { registration, inPlaneSpacing = dataset.inPlaneSpacing, ...rest } = options;
  return {
    ...rest,
    ...(inPlaneSpacing === undefined ? {} : { inPlaneSpacing }),
    ...(registrationMethod(options.align) === undefined
      ? {}
      : { registration: resolveRegistration(registration ?? dataset.registration) }),
  };
}

function inOrder<T extends { caseId: string }>(list: T[], jobs: readonly CaseJob[]): T[] {
  const position = new Map(jobs.map((job, i) => [job.caseId, i]));
  return list.sort((a, b) => (position.get(a.caseId) ?? 0) - (position.get(b.caseId) ?? 0));
}
