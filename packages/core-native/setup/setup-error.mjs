/** @typedef {import('./index.d.mts').SetupErrorCode} SetupErrorCode */

/**
 * The only error that the set-up throws. It carries the fields of FlcError (same codes), but this folder imports nothing:
 * it runs before `npm ci` has put any package in place.
 */
export class SetupError extends Error {
  /**
   * @param {SetupErrorCode} code
   * @param {string} message
   * @param {{ remedy?: string, details?: Record<string, unknown>, cause?: unknown }} [options]
   */
  constructor(code, message, options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'SetupError';
    this.code = code;
    this.remedy = options.remedy;
    this.details = options.details ?? {};
  }
}
