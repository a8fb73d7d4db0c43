import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { withHiddenFile } from '../case/case-failure.js';
import { type CaseJob, caseJob } from '../case/case-job.js';
import { runCaseTasks } from '../case/case-pool.js';
import { datasetFiles } from '../case/dataset-files.js';
import type { RunOptions } from '../case/progress.js';
import { type Dataset, writeDataset } from '../dataset/dataset.js';
import { areUntouched } from '../prepare/input-stamp.js';
import { keepInputs } from '../storage/output-file.js';
import {
  type CaseRecord,
  earlierCase,
  type LiverUse,
  masksExist,
  recordFile,
  type SegmentCaseJob,
  type SegmentCaseResult,
  type SegmentedMask,
  segmentationVersion,
  segmentInputs,
} from './segment-case.js';
import { resolveSegmentation, type SegmentationInput } from './segmentation-settings.js';
import { segmentedDataset } from './segmented-dataset.js';

export interface SegmentOptions extends SegmentationInput {
  /** One mask from all phases together, which must be registered; default: each phase on its own. */
  readonly joint?: boolean | undefined;
  /** Default: reference. */
  readonly liver?: LiverUse | undefined;
  /** Write the probability of the lesion too. */
  readonly probabilities?: boolean | undefined;
  /** Threads; default: one a core; 0 works in the calling thread. */
  readonly workers?: number | undefined;
}

export interface SegmentReport {
  readonly datasetFile: string;
  /** Cases that were segmented in this run, and that were done before. */
  readonly segmented: number;
  readonly reused: number;
  /** `caseId` is a pseudonym; `error.details.file` is hidden from JSON. */
  readonly failed: readonly { caseId: string; error: FlcError }[];
  readonly warnings: readonly { caseId: string; message: string }[];
  readonly masks: readonly (SegmentedMask & { caseId: string })[];
  readonly seconds: number;
}

/**
 * Segments every lesion that has seeds and writes the masks with a dataset.yaml that points at them; the source stays as
 * it is. What was done for the same inputs and parameters is left. A case that fails is reported, left out of the new
 * dataset.yaml, and the others go on. Rejects with CANCELLED (finished cases stay), INVALID_CONFIG or IO_ERROR.
 */
export async function segmentDataset(
  dataset: Dataset,
  outDir: string,
  options: SegmentOptions = {},
  { signal, onProgress }: RunOptions = {},
): Promise<SegmentReport> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const datasetFile = join(outDir, 'dataset.yaml');
  requireWork(dataset);
  const jobs = dataset.cases.map((entry) => caseJob(dataset, entry));
  const folders = jobs.flatMap(({ caseId }) =>
    ['masks', 'probabilities'].map((kind) => join(outDir, kind, caseId)),
  );
  await keepInputs(datasetFiles(dataset), [datasetFile, ...folders]);
  const plans = await Promise.all(jobs.map((job) => planCase(job, outDir, options)));
  const records = new Map<string, CaseRecord>();
  for (const { task, valid } of plans) {
    if (valid && task.earlier !== undefined) records.set(task.job.caseId, task.earlier);
  }
  const open = plans.filter(({ valid }) => !valid).map(({ task }) => task);
  const failures = new Map<string, FlcError>();
  let reused = records.size;
  let done = records.size;
  const total = plans.length;
  onProgress?.({ done, total, seconds: seconds() });
  await runCaseTasks(
    open.map((task) => ({ kind: 'segment' as const, ...task })),
    {
      workers: options.workers,
      signal,
      onOutcome: (i, outcome) => {
        const { caseId } = (open[i] as SegmentCaseJob).job;
        if (outcome instanceof FlcError) failures.set(caseId, withHiddenFile(outcome));
        else {
          const result = outcome as SegmentCaseResult;
          records.set(caseId, result.record);
          if (result.reused) reused += 1;
        }
        done += 1;
        onProgress?.({ done, total, caseId, seconds: seconds() });
      },
    },
  );
  await writeDataset(datasetFile, segmentedDataset(dataset, resolve(outDir), records));
  const masks = jobs.flatMap(({ caseId }) =>
    (records.get(caseId)?.masks ?? []).map((mask) => ({ ...mask, caseId })),
  );
  return {
    ...{ datasetFile, reused, masks },
    segmented: records.size - reused,
    failed: jobs.flatMap(({ caseId }) => {
      const error = failures.get(caseId);
      return error === undefined ? [] : [{ caseId, error }];
    }),
    warnings: masks.flatMap(({ caseId, warnings }) =>
      warnings.map((message) => ({ caseId, message })),
    ),
    seconds: seconds(),
  };
}

function requireWork(dataset: Dataset): void {
  const seeded = dataset.cases.some(({ lesions }) =>
    lesions.some(({ seeds }) => seeds !== undefined),
  );
  if (seeded) return;
  throw new FlcError('INVALID_CONFIG', 'no lesion of dataset.yaml has seeds', {
    remedy: 'add seeds to the lesions that are to be segmented',
  });
}

async function planCase(
  job: CaseJob,
  outDir: string,
  {
    joint = false,
    liver = 'reference',
    probabilities = false,
    workers: _,
    ...given
  }: SegmentOptions,
): Promise<{ task: SegmentCaseJob; valid: boolean }> {
  const settings = resolveSegmentation(given);
  const relevant = { segmentationVersion, joint, liver, probabilities, settings, job };
  const text = JSON.stringify(relevant, (name, value) => (name === 'file' ? undefined : value));
  const settingsKey = createHash('sha256').update(text).digest('hex');
  const found = await earlierCase(recordFile(outDir, job.caseId));
  const earlier = found?.settingsKey === settingsKey ? found : undefined;
  const task = { job, joint, liver, settings, probabilities, outDir, settingsKey, earlier };
  return { task, valid: earlier !== undefined && (await untouched(task, earlier)) };
}

async function untouched(task: SegmentCaseJob, earlier: CaseRecord): Promise<boolean> {
  const same = await areUntouched(segmentInputs(task.job), earlier.inputs);
  return same && (await masksExist(task.outDir, earlier));
}
