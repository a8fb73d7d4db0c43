import { FlcError } from '@flc-native/errors';

/** @throws FlcError CANCELLED once the signal is aborted. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new FlcError('CANCELLED', 'The work was stopped before its end.');
}
