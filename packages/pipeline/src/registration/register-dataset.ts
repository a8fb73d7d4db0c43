import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { withHiddenFile } from '../case/case-failure.js';
import { type CaseJob, caseJob } from '../case/case-job.js';
import { runCaseTasks } from '../case/case-pool.js';
import { datasetFiles } from '../case/dataset-files.js';
import type { RunOptions } from '../case/progress.js';
import { type Dataset, writeDataset } from '../dataset/dataset.js';
import { areUntouched } from '../prepare/input-stamp.js';
import { writeFileAtomic } from '../storage/atomic-file.js';
import { keepInputs } from '../storage/output-file.js';
import { phaseFile } from './carry-phase.js';
import { memoryBound } from './memory.js';
import {
  earlierPhase,
  outputsExist,
  type PhaseRecord,
  phaseInputs,
  type RegisterPhaseJob,
  type RegisterPhaseResult,
} from './register-phase.js';
import { registeredDataset } from './registered-dataset.js';
import {
  type Alignment,
  type RegistrationSettings,
  resolveRegistration,
} from './registration-settings.js';
import { registrationVersion } from './transform-file.js';

export interface RegisterOptions {
  /** Default: bspline. */
  readonly method?: Alignment | undefined;
  /** Threads; default: one a core. Fewer where the memory asks for it; 0 works in the calling thread. */
  readonly workers?: number | undefined;
  /** Memory that all threads together may take, GiB; default: four fifths of what is free. One always works. */
  readonly memory?: number | undefined;
  /** Folder of transforms, to share them between calls; default: `registration` within the output. */
  readonly transforms?: string | undefined;
}

export interface RegisterReport {
  readonly datasetFile: string;
  /** Phases that were moved in this run, and phases that were done before. */
  readonly registered: number;
  readonly reused: number;
  /** `caseId` is a pseudonym; `error.details.file` is hidden from JSON. */
  readonly failed: readonly { caseId: string; phase: string; error: FlcError }[];
  readonly warnings: readonly { caseId: string; phase: string; message: string }[];
  readonly workers: number;
  readonly seconds: number;
}

/**
 * Moves every phase of every case onto its reference phase and writes a cohort whose phases lie on one grid: images,
 * masks, dataset.yaml, and for each pair a record of its quality with a picture. What was done for the same inputs and
 * parameters is left as it is. A pair that fails is reported, left out of dataset.yaml, and the others go on. Rejects
 * with CANCELLED (finished pairs stay), INVALID_CONFIG or IO_ERROR.
 */
export async function registerDataset(
  dataset: Dataset,
  outDir: string,
  options: RegisterOptions = {},
  { signal, onProgress }: RunOptions = {},
): Promise<RegisterReport> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const datasetFile = join(outDir, 'dataset.yaml');
  const qualityFile = join(outDir, 'quality.json');
  const jobs = dataset.cases.map((entry) => caseJob(dataset, entry));
  const folders = jobs.flatMap(({ caseId }) =>
    ['images', 'masks', 'seeds'].map((kind) => join(outDir, kind, caseId)),
  );
  await keepInputs(datasetFiles(dataset), [datasetFile, qualityFile, ...folders]);
  const plans = (
    await Promise.all(jobs.map((job) => planCase(job, dataset, outDir, options)))
  ).flat();
  const records = new Map<RegisterPhaseJob, PhaseRecord>();
  for (const { task, valid } of plans) {
    if (valid && task.earlier !== undefined) records.set(task, task.earlier);
  }
  const open = plans.filter(({ valid }) => !valid).map(({ task }) => task);
  const failed: { caseId: string; phase: string; error: FlcError }[] = [];
  const isPair = ({ job, phase }: RegisterPhaseJob) => phase !== job.reference;
  let reused = plans.filter(({ task, valid }) => valid && isPair(task)).length;
  let done = records.size;
  const total = plans.length;
  onProgress?.({ done, total, seconds: seconds() });
  const settings = resolveRegistration(dataset.registration);
  const workers = await memoryBound(jobs, settings, options);
  await runCaseTasks(
    open.map((task) => ({ kind: 'register' as const, ...task })),
    {
      workers,
      signal,
      onOutcome: (i, outcome) => {
        const task = open[i] as RegisterPhaseJob;
        const { caseId, phaseNames } = task.job;
        const phase = phaseNames[task.phase] as string;
        if (outcome instanceof FlcError) {
          failed.push({ caseId, phase, error: withHiddenFile(outcome) });
        } else {
          const result = outcome as RegisterPhaseResult;
          records.set(task, result.record);
          if (result.reused && isPair(task)) reused += 1;
        }
        done += 1;
        onProgress?.({ done, total, caseId, seconds: seconds() });
      },
    },
  );
  const ordered = plans.flatMap(({ task }) => records.get(task) ?? []);
  await writeDataset(datasetFile, registeredDataset(dataset, ordered, settings));
  await writeFileAtomic(
    qualityFile,
    `${JSON.stringify(summary(ordered, options.method ?? 'bspline', settings), null, 1)}\n`,
  );
  const pairs = plans.filter(({ task }) => isPair(task) && records.has(task)).length;
  const position = new Map(jobs.map((job, i) => [job.caseId, i]));
  return {
    ...{ datasetFile, reused, workers },
    registered: pairs - reused,
    failed: failed.sort((a, b) => (position.get(a.caseId) ?? 0) - (position.get(b.caseId) ?? 0)),
    warnings: ordered.flatMap(({ caseId, phase, warnings }) =>
      warnings.map((message) => ({ caseId, phase, message })),
    ),
    seconds: seconds(),
  };
}

async function planCase(
  job: CaseJob,
  dataset: Dataset,
  outDir: string,
  options: RegisterOptions,
): Promise<{ task: RegisterPhaseJob; valid: boolean }[]> {
  const method = options.method ?? 'bspline';
  const settings = resolveRegistration(dataset.registration);
  const transforms = options.transforms ?? join(outDir, 'registration');
  const present = job.phases.flatMap((input, phase) =>
    input === undefined && phase !== job.reference ? [] : [phase],
  );
  return Promise.all(
    present.map(async (phase) => {
      const relevant = { registrationVersion, phase, method, settings, job };
      const text = JSON.stringify(relevant, (name, value) => (name === 'file' ? undefined : value));
      const settingsKey = createHash('sha256').update(text).digest('hex');
      const file = phaseFile(
        join(outDir, 'registration'),
        job.caseId,
        job.phaseNames[phase] as string,
        '.json',
      );
      const found = await earlierPhase(file);
      const earlier = found?.settingsKey === settingsKey ? found : undefined;
      const task = { job, phase, method, settings, outDir, transforms, settingsKey, earlier };
      return { task, valid: earlier !== undefined && (await untouched(task, earlier)) };
    }),
  );
}

async function untouched(task: RegisterPhaseJob, earlier: PhaseRecord): Promise<boolean> {
  const same = await areUntouched(phaseInputs(task.job, task.phase), earlier.inputs);
  return same && (await outputsExist(task.outDir, earlier));
}

/** Quality of all pairs in one file, for tables and plots. */
function summary(
  records: readonly PhaseRecord[],
  method: Alignment,
  settings: RegistrationSettings,
) {
  return {
    format: 'flc-registration-quality',
    version: registrationVersion,
    method,
    settings,
    pairs: records.flatMap(({ caseId, phase, quality, seconds }) =>
      quality === null ? [] : [{ caseId, phase, seconds, ...quality }],
    ),
  };
}
