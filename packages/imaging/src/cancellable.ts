import { abortWith, withReason } from '@flc-native/errors';
import type { BindingCancellation } from '../native/index.cjs';
import { makeCancellation } from './binding.js';

/**
 * Runs long work of the addon, which the signal ends.
 *
 * @throws FlcError CANCELLED with the signal's reason as its cause, and what `work` throws
 */
export async function cancellable<T>(
  signal: AbortSignal | undefined,
  work: (cancellation: BindingCancellation) => Promise<T>,
): Promise<T> {
  const cancellation = makeCancellation();
  const release = abortWith(signal, () => cancellation.cancel());
  try {
    return await work(cancellation);
  } catch (thrown) {
    throw withReason(thrown, signal);
  } finally {
    release();
  }
}
