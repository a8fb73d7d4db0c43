/** The process of one job: memory and libtorch's threads are its own, and it dies alone. */
import { toFlcError } from '@flc-native/errors';
import type { FromJob, ToJob } from './messages.js';
import { runJob } from './run-job.js';

const controller = new AbortController();
// Ctrl-C reaches the whole group; the comparison says when to stop. Without it nobody wants the result.
process.on('SIGINT', () => {});
process.on('disconnect', () => controller.abort());

process.on('message', (message: ToJob) => {
  if (message.type === 'cancel') controller.abort();
  else void run(message.job);
});

async function run(job: Parameters<typeof runJob>[0]): Promise<void> {
  try {
    await runJob(job, controller.signal, (done, stage) => send({ type: 'progress', done, stage }));
    send({ type: 'end' });
  } catch (thrown) {
    send({ type: 'error', error: toFlcError(thrown).toJSON() });
  } finally {
    if (process.connected) process.disconnect();
  }
}

function send(message: FromJob): void {
  if (process.connected) process.send?.(message);
}
