import { join } from 'node:path';
import { tally } from './tally.mjs';
import { bin, run } from './terminal.mjs';
import {
  profile,
  testAddons,
  testBenchmarks,
  testInterop,
  testRust,
  testRustDocumentation,
  testTypeScript,
} from './test-runners.mjs';

/** @typedef {import('./test-runners.mjs').Outcome} Outcome */
/** @typedef {{ name: string, execute: () => Promise<Outcome>, neverSkippedInCi?: boolean }} Step */

/**
 * Everything `npm test` runs after the build, cheap checks first.
 *
 * @param {{ ci: boolean, scratch: string }} context `scratch`: an empty folder that the caller removes
 * @returns {readonly Step[]}
 */
export function makeSteps({ ci, scratch }) {
  // A Rust test leaves a model there, which the interop test loads in PyTorch.
  const model = { FLC_INTEROP_MODEL: join(scratch, 'interop-model') };
  const colors = `--colors=${process.stdout.isTTY ? 'force' : 'off'}`;
  const node = process.execPath;
  const clippy = ['clippy', '--workspace', '--all-targets', profile, '--', '-D', 'warnings'];
  return [
    single('lint and format (biome)', bin('biome'), ['ci', colors, '.']),
    single('types of the packages (tsc)', bin('tsc'), ['-b']),
    single('types of tests and scripts (tsc)', bin('tsc'), ['-p', 'tsconfig.test.json']),
    single('direction of imports', node, ['scripts/check-imports.mjs']),
    single('length of files', node, ['scripts/check-file-length.mjs']),
    single('Rust format', 'cargo', ['fmt', '--all', '--check']),
    single('Rust lint (clippy)', 'cargo', clippy),
    { name: 'addons', execute: testAddons },
    { name: 'Rust tests', execute: () => testRust(model) },
    { name: 'Rust documentation tests', execute: testRustDocumentation },
    { name: 'TypeScript tests', execute: () => testTypeScript(join(scratch, 'vitest.json')) },
    {
      name: 'weights in PyTorch',
      execute: () => testInterop({ ...model, ...(ci ? { FLC_INTEROP_REQUIRED: '1' } : {}) }),
      neverSkippedInCi: true,
    },
    { name: 'benchmarks, quick', execute: testBenchmarks, neverSkippedInCi: true },
  ];
}

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
      const { status } = await run(command, args);
      return { tally: status === 0 ? tally(1, 0, 0) : tally(0, 1, 0) };
    },
  };
}
