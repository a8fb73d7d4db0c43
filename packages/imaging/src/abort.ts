import { FlcError } from '@flc-native/errors';

/**
 * Calls `cancel` when `signal` aborts; returns what takes the listener off again.
 * @throws FlcError CANCELLED if it has aborted already.
 */
export function abortWith(signal: AbortSignal | undefined, cancel: () => void): () => void {
  if (signal === undefined) return () => undefined;
  if (signal.aborted) {
    throw new FlcError('CANCELLED', 'cancelled before it began', { cause: signal.reason });
  }
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}
