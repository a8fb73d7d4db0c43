import { fork } from 'node:child_process';
import { FlcError } from '@flc-native/errors';
import type { FromJob, ToJob } from './messages.js';
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
export function startJob(job: Job, options: JobOptions): Promise<void> {
  const { signal, onProgress, script = compiledScript() } = options;
  const child = fork(script, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  const say = (message: ToJob) => {
    if (child.connected) child.send(message);
  };
  const cancel = () => say({ type: 'cancel' });
  signal?.addEventListener('abort', cancel, { once: true });
  let lastWords = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2000);
  });
  return new Promise<void>((resolve, reject) => {
    let outcome: FromJob | undefined;
    child.on('message', (message: FromJob) => {
      if (message.type === 'progress') onProgress(message.done, message.stage);
      else outcome = message;
    });
    child.on('error', (cause) => {
      reject(new FlcError('INTERNAL', 'The process of a method could not be started', { cause }));
    });
    child.on('close', (code, killedBy) => {
      if (outcome?.type === 'end') resolve();
      else if (outcome?.type === 'error') reject(FlcError.fromJSON(outcome.error));
      else reject(death(job, code, killedBy, lastWords));
    });
    say({ type: 'run', job });
    if (signal?.aborted) cancel();
  }).finally(() => signal?.removeEventListener('abort', cancel));
}

/** Sources run directly (tests) have no compiled script beside them; the build's is taken. */
function compiledScript(): URL {
  const compiled = !import.meta.url.endsWith('.ts');
  return new URL(compiled ? './job-process.js' : '../dist/job-process.js', import.meta.url);
}

function death(job: Job, code: number | null, signal: string | null, lastWords: string): FlcError {
  const details = { row: job.row, partition: job.partition, exitCode: code, signal, lastWords };
  // The kernel ends what takes too much memory with SIGKILL.
  if (signal === 'SIGKILL') {
    return new FlcError('OUT_OF_MEMORY', `The process of ${job.row} was killed`, {
      details,
      remedy: 'Run fewer methods at once: lower --memory or --cores.',
    });
  }
  return new FlcError('INTERNAL', `The process of ${job.row} ended unexpectedly`, { details });
}
