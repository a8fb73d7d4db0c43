import { type Death, startChildTask, taskScript } from '@flc-native/classifier';
import { FlcError } from '@flc-native/errors';
import type { JobProgress } from './job-process.js';
import type { Job } from './settings.js';

export interface JobOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress: (done: number, stage: string) => void;
  /** Another script, for tests. */
  readonly script?: URL | undefined;
}

/**
 * Runs a job in a process of its own until its outcome is on disk.
 *
 * @throws FlcError CANCELLED; OUT_OF_MEMORY or INTERNAL if the process was killed or broke; IO_ERROR
 */
export async function startJob(job: Job, options: JobOptions): Promise<void> {
  const { signal, onProgress, script = taskScript(import.meta.url, 'job-process') } = options;
  const task = startChildTask<JobProgress, void>({
    script,
    job,
    onEvent: ({ done, stage }) => onProgress(done, stage),
    name: `the process of ${job.row}`,
    deathError: (death) => deathError(job, death),
  });
  signal?.addEventListener('abort', task.cancel, { once: true });
  if (signal?.aborted) task.cancel();
  try {
    await task.finished;
  } finally {
    signal?.removeEventListener('abort', task.cancel);
  }
}

function deathError(job: Job, death: Death): FlcError {
  const details = { row: job.row, partition: job.partition, ...death };
  // The kernel ends what takes too much memory with SIGKILL.
  if (death.signal === 'SIGKILL') {
    return new FlcError('OUT_OF_MEMORY', `The process of ${job.row} was killed`, {
      details,
      remedy: 'Run fewer methods at once: lower --memory or --cores.',
    });
  }
  return new FlcError('INTERNAL', `The process of ${job.row} ended unexpectedly`, { details });
}
