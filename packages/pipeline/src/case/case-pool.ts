import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { abortWith, FlcError, throwIfCancelled } from '@flc-native/errors';
import { isDiskFault } from '../storage/atomic-file.js';
import { compiledWorker } from '../threads/compiled-worker.js';
import {
  type CaseTask,
  type PackedOutcome,
  packOutcome,
  runTask,
  type TaskResult,
} from './case-task.js';

const cancelled = 'cancelled; what was finished stays';
const caseWorker = compiledWorker('case/case-worker');
/** Volumes of a case are held once a worker, so their number is bounded. */
const maxWorkers = 16;

export interface PoolOptions {
  /** Threads; 0 works in the calling thread; default one a core. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Another worker script, for tests. */
  readonly workerFile?: URL | undefined;
  /** Called once a task, in the order of completion. */
  readonly onOutcome: (index: number, outcome: TaskResult | FlcError) => void;
}

/**
 * Runs tasks on worker threads. A task that fails, or kills its thread, is an outcome of its own;
 * the others go on, except where the disk takes no more: that rejects with its IO_ERROR, since the others would be
 * done in vain. Rejects with CANCELLED as soon as the signal fires: threads are ended, and
 * since files are written atomically nothing half-done stays.
 */
export async function runCaseTasks(
  tasks: readonly CaseTask[],
  options: PoolOptions,
): Promise<void> {
  const wanted = options.workers ?? availableParallelism();
  const count = Math.min(wanted, maxWorkers, tasks.length);
  throwIfCancelled(options.signal, cancelled);
  if (tasks.length === 0) return;
  if (count === 0) await runHere(tasks, options);
  else await runOnThreads(tasks, count, options);
}

async function runHere(tasks: readonly CaseTask[], options: PoolOptions): Promise<void> {
  for (const [index, task] of tasks.entries()) {
    throwIfCancelled(options.signal, cancelled);
    const outcome = unpack(await packOutcome(() => runTask(task)));
    if (isDiskFault(outcome)) throw outcome;
    options.onOutcome(index, outcome);
  }
  throwIfCancelled(options.signal, cancelled);
}

async function runOnThreads(
  tasks: readonly CaseTask[],
  count: number,
  { signal, onOutcome, workerFile = caseWorker }: PoolOptions,
): Promise<void> {
  const threads = new Set<Worker>();
  let next = 0;
  let fault: unknown;
  const serve = async (): Promise<void> => {
    let thread: Worker | undefined;
    while (next < tasks.length && !signal?.aborted && fault === undefined) {
      const index = next++;
      thread ??= start(threads, workerFile);
      const outcome = await ask(thread, tasks[index] as CaseTask);
      if (isDiskFault(outcome.result)) fault ??= outcome.result;
      if (fault !== undefined) stop();
      if (signal?.aborted || fault !== undefined) break;
      onOutcome(index, outcome.result);
      // A thread that died takes only its own case with it.
      if (outcome.died) thread = undefined;
    }
  };
  const stop = () => {
    for (const thread of threads) void thread.terminate();
  };
  const release = abortWith(signal, stop);
  try {
    await Promise.all(Array.from({ length: count }, serve));
  } finally {
    release();
    await Promise.all([...threads].map((thread) => thread.terminate()));
  }
  if (fault !== undefined) throw fault;
  throwIfCancelled(signal, cancelled);
}

function start(threads: Set<Worker>, file: URL): Worker {
  const thread = new Worker(file);
  threads.add(thread);
  // Between two tasks nobody else listens, and an error without a listener would end the process.
  thread.on('error', () => undefined);
  thread.once('exit', () => threads.delete(thread));
  return thread;
}

interface Answer {
  readonly result: TaskResult | FlcError;
  readonly died: boolean;
}

function ask(thread: Worker, task: CaseTask): Promise<Answer> {
  return new Promise((resolve) => {
    const finish = (result: TaskResult | FlcError, died: boolean) => {
      thread.off('message', onMessage);
      thread.off('error', onError);
      thread.off('exit', onExit);
      resolve({ result, died });
    };
    const onMessage = (message: PackedOutcome) => finish(unpack(message), false);
    const onError = (cause: unknown) => finish(death(cause), true);
    const onExit = () => finish(death(undefined), true);
    thread.on('message', onMessage);
    thread.on('error', onError);
    thread.on('exit', onExit);
    thread.postMessage(task);
  });
}

function death(cause: unknown): FlcError {
  const outOfMemory =
    (cause as NodeJS.ErrnoException | undefined)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
  if (outOfMemory) {
    return new FlcError('OUT_OF_MEMORY', 'the case needs more memory than a worker has', {
      remedy: 'use fewer workers, or crop the volumes',
      cause,
    });
  }
  return new FlcError('INTERNAL', 'the worker of this case ended unexpectedly', { cause });
}

function unpack(outcome: PackedOutcome): TaskResult | FlcError {
  return 'error' in outcome ? FlcError.fromJSON(outcome.error) : outcome.value;
}
