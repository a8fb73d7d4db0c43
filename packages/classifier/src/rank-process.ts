/** One of the processes of `fitInProcesses` or `evaluateInProcesses`. */
import { toFlcError } from '@flc-native/errors';
import { readPrepared } from '@flc-native/pipeline';
import { evaluate } from './evaluate.js';
import { fit } from './fit.js';
import type {
  EvaluateJob,
  FitJob,
  FromRank,
  RankTask,
  RankTasks,
  ToRank,
} from './rank-messages.js';

const controller = new AbortController();
const { signal } = controller;
// Ctrl-C reaches the whole group of processes; the one that started this one says when to stop. Without it nobody wants the result.
process.on('SIGINT', () => {});
process.on('disconnect', () => controller.abort());

process.on('message', (message: ToRank) => {
  if (message.type === 'cancel') controller.abort();
  else if (message.task === 'fit') void answer<'fit'>(runFit(message.job));
  else void answer<'evaluate'>(runEvaluate(message.job));
});

async function answer<Task extends RankTask>(work: Promise<RankTasks[Task]['result']>) {
  try {
    await say<Task>({ type: 'end', result: await work });
  } catch (thrown) {
    await say<Task>({ type: 'error', error: toFlcError(thrown).toJSON() });
  } finally {
    if (process.connected) process.disconnect();
  }
}

async function runFit({ prepared, ...job }: FitJob) {
  return await fit({
    ...job,
    prepared: await readPrepared(prepared),
    signal,
    onEvent: (event) => void say<'fit'>({ type: 'event', event }),
  });
}

async function runEvaluate({ prepared, ...job }: EvaluateJob) {
  const tell = (event: RankTasks['evaluate']['event']) =>
    void say<'evaluate'>({ type: 'event', event });
  return await evaluate({
    ...job,
    prepared: await readPrepared(prepared),
    signal,
    onProgress: (done, total) => tell({ type: 'progress', done, total }),
    onNotice: (message) => tell({ type: 'notice', message }),
  });
}

/** Settles once the message is on its way: a channel that is closed before loses it. */
function say<Task extends RankTask>(message: FromRank<Task>): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
