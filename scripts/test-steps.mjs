import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAddons } from './addon-checks.mjs';
import { findInteropPython } from './interop-python.mjs';
import {
  format,
  readCargoTest,
  readNextest,
  readUnittest,
  readVitest,
  withExitStatus,
} from './tally.mjs';
import { root, run } from './terminal.mjs';

/** @typedef {import('./tally.mjs').Tally} Tally */
/** @typedef {{ tally: Tally, closing?: string | undefined }} Outcome `closing`: the runner's own last line */
/** @typedef {{ name: string, execute: () => Promise<Outcome> }} Step */

// The profile of the addons: libtorch's C++ wrapper then compiles once, and network tests run at full speed.
const profile = '--release';

/**
 * Everything `npm test` runs after the build, cheap checks first.
 *
 * @type {readonly Step[]}
 */
export const steps = [
  single('lint and format (biome)', bin('biome'), ['ci', '.']),
  single('types of the packages (tsc)', bin('tsc'), ['-b']),
  single('types of tests and scripts (tsc)', bin('tsc'), ['-p', 'tsconfig.test.json']),
  single('direction of imports', process.execPath, ['scripts/check-imports.mjs']),
  single('length of files', process.execPath, ['scripts/check-file-length.mjs']),
  single('Rust format', 'cargo', ['fmt', '--all', '--check']),
  single('Rust lint (clippy)', 'cargo', [
    'clippy',
    '--workspace',
    '--all-targets',
    profile,
    '--',
    '-D',
    'warnings',
  ]),
  { name: 'addons', execute: testAddons },
  { name: 'Rust tests', execute: testRust },
  { name: 'Rust documentation tests', execute: testRustDocumentation },
  { name: 'TypeScript tests (vitest)', execute: testTypeScript },
  { name: 'weights in PyTorch (interop)', execute: testInterop },
];

/**
 * A step that counts as one check.
 *
 * @param {string} name
 * @param {string} command
 * @param {string[]} args
 * @returns {Step}
 */
function single(name, command, args) {
  return {
    name,
    execute: async () => {
      const { status, output } = await run(command, args);
      if (status === 127 && output !== '') process.stderr.write(`${output}\n`);
      return { tally: status === 0 ? tally(1, 0, 0) : tally(0, 1, 0) };
    },
  };
}

/** @returns {Promise<Outcome>} */
async function testAddons() {
  const checks = checkAddons(root);
  for (const { name, problem } of checks) process.stdout.write(`${name}: ${problem ?? 'ok'}\n`);
  const failed = checks.filter(({ problem }) => problem !== undefined).length;
  return { tally: tally(checks.length - failed, failed, 0) };
}

/** @returns {Promise<Outcome>} */
async function testRust() {
  const nextest = await run(
    'cargo',
    ['nextest', 'run', '--workspace', profile, '--no-fail-fast', '--no-tests', 'pass'],
    {
      capture: true,
    },
  );
  if (!nextest.output.includes('no such command')) {
    const closing = nextest.output.match(/^\s*Summary \[.*$/m)?.[0].trim();
    return { tally: withExitStatus(nextest.status, readNextest(nextest.output)), closing };
  }
  const plain = await run(
    'cargo',
    ['test', '--workspace', '--lib', '--bins', '--tests', profile, '--no-fail-fast'],
    {
      capture: true,
    },
  );
  const counted = withExitStatus(plain.status, readCargoTest(plain.output));
  return { tally: counted, closing: `cargo test: ${format(counted)}` };
}

/** @returns {Promise<Outcome>} */
async function testRustDocumentation() {
  if (!hasDocumentationTests(join(root, 'packages'))) return { tally: tally(0, 0, 0) };
  const { status, output } = await run(
    'cargo',
    ['test', '--workspace', '--doc', profile, '--no-fail-fast'],
    {
      capture: true,
    },
  );
  const counted = withExitStatus(status, readCargoTest(output));
  return { tally: counted, closing: `cargo test --doc: ${format(counted)}` };
}

/** @returns {Promise<Outcome>} */
async function testTypeScript() {
  const folder = mkdtempSync(join(tmpdir(), 'flc-vitest-'));
  const report = join(folder, 'report.json');
  try {
    const { status, output } = await run(
      bin('vitest'),
      ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      { capture: true },
    );
    const counted = existsSync(report) ? readVitest(readFileSync(report, 'utf8')) : tally(0, 0, 0);
    const closing = output.match(/^\s*(Tests {2}.*)$/m)?.[1];
    return { tally: withExitStatus(status, counted), closing };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns {Promise<Outcome>} */
async function testInterop() {
  const python = findInteropPython();
  if (python === undefined) {
    const reason = 'no Python with torch 2.11 (FLC_CUDA=1 npm test fetches one for CPython 3.11)';
    process.stdout.write(`skipped: ${reason}\n`);
    return { tally: tally(0, 0, 1), closing: `skipped: ${reason}` };
  }
  const folder = 'packages/core-native/interop';
  const args = ['-m', 'unittest', 'discover', '-s', folder, '-p', 'test_*.py', '-v'];
  const { status, output } = await run(python.command, args, { capture: true, env: python.env });
  const counted = withExitStatus(status, readUnittest(output));
  const closing = output.match(/^Ran .*$/m)?.[0];
  // A folder without tests proves nothing.
  if (counted.passed + counted.failed + counted.skipped === 0) return { tally: tally(0, 1, 0) };
  return { tally: counted, closing };
}

/**
 * @param {string} folder
 * @returns {boolean}
 */
function hasDocumentationTests(folder) {
  return readdirSync(folder, { withFileTypes: true }).some((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return (
        !['node_modules', 'target', 'dist'].includes(entry.name) && hasDocumentationTests(path)
      );
    }
    return (
      entry.name.endsWith('.rs') && /^\s*\/\/[/!] ```(?!text)/m.test(readFileSync(path, 'utf8'))
    );
  });
}

/** @param {string} name */
function bin(name) {
  return join(root, 'node_modules', '.bin', name);
}

/**
 * @param {number} passed
 * @param {number} failed
 * @param {number} skipped
 * @returns {Tally}
 */
function tally(passed, failed, skipped) {
  return { passed, failed, skipped };
}
