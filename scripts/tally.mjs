/**
 * What a runner counted.
 * @typedef {{ passed: number, failed: number, skipped: number }} Tally
 */

/**
 * @param {number} passed
 * @param {number} failed
 * @param {number} skipped
 * @returns {Tally}
 */
export function tally(passed, failed, skipped) {
  return { passed, failed, skipped };
}

/**
 * A runner that ended badly without naming a failure (it did not compile, it crashed) counts as one.
 *
 * @param {number} status of the process
 * @param {Tally} counted
 * @returns {Tally}
 */
export function withExitStatus(status, counted) {
  return status !== 0 && counted.failed === 0 ? { ...counted, failed: 1 } : counted;
}

/**
 * @param {readonly Tally[]} tallies
 * @returns {Tally}
 */
export function sum(tallies) {
  return tallies.reduce(
    (total, { passed, failed, skipped }) =>
      tally(total.passed + passed, total.failed + failed, total.skipped + skipped),
    tally(0, 0, 0),
  );
}

/** @param {Tally} tally */
export function format({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/**
 * "Summary [  0.012s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 2 skipped" of cargo nextest.
 *
 * @param {string} output
 * @returns {Tally}
 */
export function readNextest(output) {
  const line = output.match(/^\s*Summary \[.*$/m)?.[0] ?? '';
  return {
    passed: count(line, /(\d+) passed/),
    failed:
      count(line, /(\d+) failed/) +
      count(line, /(\d+) timed out/) +
      count(line, /(\d+) exec failed/),
    skipped: count(line, /(\d+) skipped/),
  };
}

/**
 * "test result: ok. 5 passed; 0 failed; 1 ignored; ..." of cargo test, one line per target.
 *
 * @param {string} output
 * @returns {Tally}
 */
export function readCargoTest(output) {
  return sum(
    [...output.matchAll(/^test result: .*$/gm)].map(([line]) => ({
      passed: count(line, /(\d+) passed/),
      failed: count(line, /(\d+) failed/),
      skipped: count(line, /(\d+) ignored/),
    })),
  );
}

/**
 * "Ran 4 tests in 0.1s" and "OK (skipped=1)" or "FAILED (failures=1, errors=1)" of Python's unittest.
 *
 * @param {string} output
 * @returns {Tally}
 */
export function readUnittest(output) {
  const result = output.match(/^(?:OK|FAILED)\b.*$/m)?.[0] ?? '';
  const failed = count(result, /failures=(\d+)/) + count(result, /errors=(\d+)/);
  const skipped = count(result, /skipped=(\d+)/);
  const ran = count(output, /^Ran (\d+) tests?/m);
  return { passed: Math.max(0, ran - failed - skipped), failed, skipped };
}

/**
 * "9 passed, 1 failed, 1 skipped" of bench/run.mjs.
 *
 * @param {string} line
 * @returns {Tally}
 */
export function readBenchmarks(line) {
  return tally(
    count(line, /(\d+) passed/),
    count(line, /(\d+) failed/),
    count(line, /(\d+) skipped/),
  );
}

/**
 * The file of vitest's JSON reporter. A test file that does not load has no tests and counts as one failure.
 *
 * @param {string} json
 * @returns {Tally}
 */
export function readVitest(json) {
  const report = JSON.parse(json);
  const unloaded = report.testResults.filter(
    (/** @type {{ status: string, assertionResults: { status: string }[] }} */ file) =>
      file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * @param {string} text
 * @param {RegExp} pattern
 */
function count(text, pattern) {
  return Number(text.match(pattern)?.[1] ?? 0);
}
