import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkAddons } from './addon-checks.mjs';
import { findInteropPython } from './interop-python.mjs';
import {
  format,
  readBenchmarks,
  readCargoTest,
  readNextest,
  readUnittest,
  readVitest,
  tally,
  withExitStatus,
} from './tally.mjs';
import { bin, root, run } from './terminal.mjs';

/** @typedef {{ tally: import('./tally.mjs').Tally, closing?: string | undefined }} Outcome `closing`: the runner's own last line */

// The profile of the addons: libtorch's C++ wrapper then compiles once, and network tests run at full speed.
export const profile = '--release';

/** @returns {Promise<Outcome>} */
export async function testAddons() {
  const checks = checkAddons(root);
  for (const { name, problem } of checks) process.stdout.write(`${name}: ${problem ?? 'ok'}\n`);
  const failed = checks.filter(({ problem }) => problem !== undefined).length;
  return { tally: tally(checks.length - failed, failed, 0) };
}

/**
 * @param {Record<string, string>} env
 * @returns {Promise<Outcome>}
 */
export async function testRust(env) {
  const args = ['--workspace', profile, '--no-fail-fast'];
  const options = { capture: true, env };
  const nextest = await run('cargo', ['nextest', 'run', ...args, '--no-tests', 'pass'], options);
  if (!nextest.output.includes('no such command')) {
    const closing = nextest.output.match(/^\s*Summary \[.*$/m)?.[0].trim();
    return { tally: withExitStatus(nextest.status, readNextest(nextest.output)), closing };
  }
  const targets = ['--lib', '--bins', '--tests'];
  const { status, output } = await run('cargo', ['test', ...args, ...targets], options);
  const counted = withExitStatus(status, readCargoTest(output));
  return { tally: counted, closing: `cargo test: ${format(counted)}` };
}

/** @returns {Promise<Outcome>} */
export async function testRustDocumentation() {
  // cargo would compile every crate once more to find that there are none.
  if (!hasDocumentationTests(join(root, 'packages'))) return { tally: tally(0, 0, 0) };
  const args = ['test', '--workspace', '--doc', profile, '--no-fail-fast'];
  const { status, output } = await run('cargo', args, { capture: true });
  const counted = withExitStatus(status, readCargoTest(output));
  return { tally: counted, closing: `cargo test --doc: ${format(counted)}` };
}

/**
 * Every benchmark at sizes that measure nothing: that they run, and that their numbers are right.
 *
 * @returns {Promise<Outcome>}
 */
export async function testBenchmarks() {
  const args = ['bench/run.mjs', '--quick'];
  const { status, output } = await run(process.execPath, args, { capture: true });
  const closing = output.trimEnd().split('\n').at(-1) ?? '';
  return { tally: withExitStatus(status, readBenchmarks(closing)), closing };
}

/**
 * @param {string} report file for vitest's JSON reporter
 * @returns {Promise<Outcome>}
 */
export async function testTypeScript(report) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { status, output } = await run(bin('vitest'), ['run', ...reporters], { capture: true });
  const counted = existsSync(report) ? readVitest(readFileSync(report, 'utf8')) : tally(0, 0, 0);
  const closing = output.match(/^\s*(Tests {2}.*)$/m)?.[1];
  return { tally: withExitStatus(status, counted), closing };
}

/**
 * @param {Record<string, string>} env
 * @returns {Promise<Outcome>}
 */
export async function testInterop(env) {
  const python = findInteropPython();
  if (python === undefined) {
    const closing =
      'skipped: no Python with torch 2.11 ("FLC_CUDA=1 npm test" fetches one for CPython 3.11)';
    process.stdout.write(`${closing}\n`);
    return { tally: tally(0, 0, 1), closing };
  }
  const folder = 'packages/core-native/interop';
  const args = ['-m', 'unittest', 'discover', '-s', folder, '-p', 'test_*.py'];
  const options = { capture: true, env: { ...python.env, ...env } };
  const { status, output } = await run(python.command, args, options);
  const counted = withExitStatus(status, readUnittest(output));
  // A folder without tests proves nothing.
  if (counted.passed + counted.failed + counted.skipped === 0) return { tally: tally(0, 1, 0) };
  return { tally: counted, closing: output.match(/^Ran .*$/m)?.[0] };
}

/**
 * @param {string} folder
 * @returns {boolean}
 */
function hasDocumentationTests(folder) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      const other = ['node_modules', 'target', 'dist', 'tests'].includes(entry.name);
      return !other && hasDocumentationTests(path);
    }
    return entry.name.endsWith('.rs') && hasDocumentationTest(readFileSync(path, 'utf8'));
  });
}

/** @param {string} source Rust; rustdoc runs the fenced blocks that name no other language */
export function hasDocumentationTest(source) {
  const fences = [...source.matchAll(/^\s*\/\/[/!]\s*```(.*)$/gm)].map(([, language]) => language);
  // Every second fence closes a block.
  return fences.some(
    (language = '', i) => i % 2 === 0 && /^(rust|should_panic|no_run|ignore|\s*$)/.test(language),
  );
}
