import { FlcError } from '@flc-native/errors';

/**
 * The same error with `details.file` hidden from JSON and from enumeration: a path may hold a
 * patient's name, and reports and `--json` output must not. Code that writes to a person's terminal
 * can still read `error.details.file`.
 */
export function withHiddenFile(error: FlcError): FlcError {
  const { file, ...shown } = error.details;
  if (file !== undefined) {
    Object.defineProperty(shown, 'file', { value: file, enumerable: false });
  }
  return new FlcError(error.code, error.message, {
    details: shown,
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause: error.cause,
  });
}
