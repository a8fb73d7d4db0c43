import { FlcError } from '@flc-native/errors';
import { caseJob } from '../case/case-job.js';
import { runCaseTasks } from '../case/case-pool.js';
import type { RunOptions } from '../case/progress.js';
import type { Dataset } from '../dataset/dataset.js';
import type { SheetLesion } from './sheet-case.js';

export interface SheetOptions extends RunOptions {
  /** Threads; 0 works in the calling thread; default one a core. */
  readonly workers?: number | undefined;
}

/**
 * Every lesion of a dataset in every phase, on the slice where it is largest, in the order of the dataset: what a
 * contact sheet shows. A case that cannot be drawn says so in its panels. Rejects with CANCELLED only.
 */
export async function sheetDataset(
  dataset: Dataset,
  { signal, onProgress, workers }: SheetOptions = {},
): Promise<SheetLesion[]> {
  const started = performance.now();
  const jobs = dataset.cases.map((entry) => caseJob(dataset, entry));
  const drawn: SheetLesion[][] = jobs.map(() => []);
  let done = 0;
  const tasks = jobs.map((job) => ({ kind: 'sheet' as const, job }));
  await runCaseTasks(tasks, {
    workers,
    signal,
    onOutcome: (i, outcome) => {
      const job = jobs[i] as (typeof jobs)[number];
      drawn[i] = outcome instanceof FlcError ? failed(job, outcome) : (outcome as SheetLesion[]);
      done += 1;
      const seconds = (performance.now() - started) / 1000;
      onProgress?.({ done, total: jobs.length, caseId: job.caseId, seconds });
    },
  });
  return drawn.flat();
}

function failed(job: ReturnType<typeof caseJob>, error: FlcError): SheetLesion[] {
  return job.lesions.map(({ key, class: name }) => ({
    caseId: job.caseId,
    key,
    class: name,
    panels: job.phaseNames.map((phase) => ({ phase, problem: error.message })),
  }));
}
