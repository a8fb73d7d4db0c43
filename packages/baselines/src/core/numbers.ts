import { FlcError } from '@flc-native/errors';

/** A list of finite numbers of a saved method. @throws FlcError CHECKPOINT_CORRUPT */
export function parseNumbers(json: unknown, what: string): number[] {
  if (!Array.isArray(json) || !json.every((value) => Number.isFinite(value))) {
    throw new FlcError('CHECKPOINT_CORRUPT', `the ${what} of the saved method are damaged`);
  }
  return json as number[];
}
