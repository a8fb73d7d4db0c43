import { FlcError } from './flc-error.js';

/**
 * Between two steps of long work.
 * @throws FlcError CANCELLED once the signal is aborted; its cause is the signal's reason
 */
export function throwIfCancelled(
  signal: AbortSignal | undefined,
  message = 'The work was stopped before its end.',
): void {
  if (signal?.aborted) throw new FlcError('CANCELLED', message, { cause: signal.reason });
}

/**
 * Calls `cancel` when `signal` aborts; returns what takes the listener off again.
 * @throws FlcError CANCELLED if it has aborted already; its cause is the signal's reason
 */
export function abortWith(signal: AbortSignal | undefined, cancel: () => void): () => void {
  if (signal === undefined) return () => undefined;
  throwIfCancelled(signal, 'cancelled before it began');
  signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

/**
 * For errors from where the signal's reason is not known, such as an addon or another process: CANCELLED without a cause gets
 * it. Everything else is returned as it is.
 */
export function withReason(thrown: unknown, signal: AbortSignal | undefined): unknown {
  if (!(thrown instanceof FlcError) || thrown.code !== 'CANCELLED') return thrown;
  if (thrown.cause !== undefined || !signal?.aborted) return thrown;
  const { code, message, details, remedy } = thrown;
  return new FlcError(code, message, {
    details,
    ...(remedy === undefined ? {} : { remedy }),
    cause: signal.reason,
  });
}
