import { setImmediate } from 'node:timers/promises';
import { throwIfCancelled } from '@flc-native/errors';

/** Milliseconds of work between two looks at the event loop. */
const SLICE = 8;

/**
 * Lets the event loop run between the steps of a long computation, and ends it when asked to.
 *
 * @returns to be awaited after each step
 */
export function cooperative(signal: AbortSignal | undefined): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since >= SLICE) {
      await setImmediate();
      since = performance.now();
    }
    throwIfCancelled(signal);
  };
}
