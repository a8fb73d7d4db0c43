/** The one error type of flc-native, and what every package needs to fail and to stop alike. */
export { abortWith, throwIfCancelled, withReason } from './cancellation.js';
export {
  type ErrorCode,
  type ErrorDetails,
  errorCodeMeanings,
  errorCodes,
  FlcError,
  type FlcErrorJson,
  type FlcErrorOptions,
  toFlcError,
} from './flc-error.js';
export { suggest } from './suggest.js';
