/** @typedef {import('./index.d.mts').PlatformProblem} PlatformProblem */

/**
 * @param {PlatformProblem['code']} code
 * @param {string} message
 * @param {string} remedy
 * @returns {PlatformProblem}
 */
export function problem(code, message, remedy) {
  return { code, message, remedy };
}
