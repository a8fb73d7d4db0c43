import { abortWith } from '@flc-native/errors';
import type { BindingCancellation } from '../native/index.js';
import { makeCancellation } from './binding.js';

/**
 * Runs long work of the addon, which the signal ends.
 *
 * @throws FlcError CANCELLED, and what `work` throws
 */
export async function cancellable<T>(
  signal: AbortSignal | undefined,
  work: (cancellation: BindingCancellation) => Promise<T>,
): Promise<T> {
  const cancellation = makeCancellation();
  const release = abortWith(signal, () => cancellation.cancel());
  try {
    return await work(cancellation);
  } finally {
    release();
  }
}
