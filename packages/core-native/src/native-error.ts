import { type ErrorCode, FlcError } from '@flc-native/errors';

/** A failure as the addon returns it. */
export interface NativeFailure {
  readonly code: string;
  readonly message: string;
  readonly details: Record<string, unknown> | null;
  readonly remedy: string;
}

export function toNativeError(failure: NativeFailure): FlcError {
  return new FlcError(failure.code as ErrorCode, failure.message, {
    details: failure.details ?? {},
    remedy: failure.remedy,
  });
}

/** The value of an outcome of the addon; throws its failure as an FlcError. */
export function unwrap<T>(outcome: T | NativeFailure): T {
  if (isFailure(outcome)) throw toNativeError(outcome);
  return outcome;
}

function isFailure(outcome: unknown): outcome is NativeFailure {
  return (
    typeof outcome === 'object' &&
    outcome !== null &&
    'code' in outcome &&
    'remedy' in outcome &&
    'message' in outcome
  );
}
