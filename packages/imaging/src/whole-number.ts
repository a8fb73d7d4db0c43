import { FlcError } from '@flc-native/errors';

/**
 * A count for Node-API, which would wrap a negative or fractional number round to another one.
 *
 * @throws FlcError INVALID_CONFIG
 */
export function wholeNumber(what: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value < 2 ** 31) return value;
  throw new FlcError('INVALID_CONFIG', `${what} must be a whole number from 0`, {
    details: { what, got: value },
  });
}
