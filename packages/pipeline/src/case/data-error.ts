import { FlcError } from '@flc-native/errors';

/** Whether a failure lies in the files themselves: damaged, or not fitting each other. A disk that fails is another matter. */
export function isDataError(thrown: unknown): boolean {
  const code = thrown instanceof FlcError ? thrown.code : undefined;
  return code === 'DATA_ERROR' || code === 'GEOMETRY_MISMATCH';
}
