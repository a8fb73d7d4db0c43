/** One of the processes of `fitInProcesses`. */
import { toFlcError } from '@flc-native/errors';
import { readPrepared } from '@flc-native/pipeline';
import { fit } from './fit.js';
import type { FromRank, RankJob, ToRank } from './rank-messages.js';

const controller = new AbortController();
// Ctrl-C reaches the whole group of processes; the one that started this one says when to stop. Without it nobody wants the result.
process.on('SIGINT', () => {});
process.on('disconnect', () => controller.abort());

process.on('message', (message: ToRank) => {
  if (message.type === 'cancel') controller.abort();
  else void run(message.job);
});

async function run({ prepared, ...job }: RankJob): Promise<void> {
  try {
    const result = await fit({
      ...job,
      prepared: await readPrepared(prepared),
      signal: controller.signal,
      onEvent: (event) => send({ type: 'event', event }),
    });
    send({ type: 'end', result });
  } catch (thrown) {
    send({ type: 'error', error: toFlcError(thrown).toJSON() });
  } finally {
    if (process.connected) process.disconnect();
  }
}

function send(message: FromRank): void {
  if (process.connected) process.send?.(message);
}
