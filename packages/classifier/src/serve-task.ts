import { toFlcError } from '@flc-native/errors';
import type { FromTask, ToTask } from './task-messages.js';

/** What a task may tell and hear while it runs. */
export interface TaskSurroundings<Event> {
  readonly signal: AbortSignal;
  readonly tell: (event: Event) => void;
}

/** Makes this process do the one job that `startChildTask` sends, and end. */
export function serveTask<Job, Event, Result>(
  run: (job: Job, surroundings: TaskSurroundings<Event>) => Promise<Result>,
): void {
  const controller = new AbortController();
  const { signal } = controller;
  // Signals of a terminal or a cluster reach the whole group; the process that started this one says when to stop.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => {});
  // Without it nobody wants the result.
  process.on('disconnect', () => controller.abort());
  const say = (message: FromTask<Event, Result>) => sent(message);
  const answer = async (job: Job) => {
    try {
      const tell = (event: Event) => void say({ type: 'event', event });
      await say({ type: 'end', result: await run(job, { signal, tell }) });
    } catch (thrown) {
      await say({ type: 'error', error: toFlcError(thrown).toJSON() });
    } finally {
      if (process.connected) process.disconnect();
    }
  };
  process.on('message', (message: ToTask) => {
    if (message.type === 'cancel') controller.abort();
    else void answer(message.job as Job);
  });
}

/** Settles once the message is on its way: a channel that is closed before loses it. */
function sent(message: unknown): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve());
    else resolve();
  });
}
