import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { neededLibraries } from '../scripts/addon-checks.mjs';
import { checkPrerequisites } from '../scripts/prerequisites.mjs';
import {
  format,
  readBenchmarks,
  readCargoTest,
  readNextest,
  readUnittest,
  readVitest,
  sum,
  tally,
  withExitStatus,
} from '../scripts/tally.mjs';
import { hasDocumentationTest } from '../scripts/test-runners.mjs';

// The closing lines are copied from the runners' own output.
describe('the count of npm test', () => {
  it.each([
    ['     Summary [  13.2s] 23 tests run: 23 passed, 0 skipped', tally(23, 0, 0)],
    [
      '     Summary [   4.0s] 9/12 tests run: 5 passed (1 slow), 2 failed, 1 timed out, 1 exec failed, 3 skipped',
      tally(5, 4, 3),
    ],
    ['error: could not compile `flc-net`', tally(0, 0, 0)],
  ])('reads cargo nextest: %s', (output, expected) => {
    expect(readNextest(`noise 7 passed\n${output}\n`)).toEqual(expected);
  });

  it('reads cargo test, target by target', () => {
    const output = [
      'test a ... ok',
      'test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s',
      'test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s',
    ].join('\n');
    expect(readCargoTest(output)).toEqual(tally(7, 3, 1));
  });

  it.each([
    ['Ran 7 tests in 34.186s\n\nOK (skipped=3)\n', tally(4, 0, 3)],
    ['Ran 7 tests in 1.0s\n\nFAILED (failures=1, errors=2, skipped=1)\n', tally(3, 3, 1)],
    ['Ran 1 test in 0.1s\n\nOK\n', tally(1, 0, 0)],
  ])('reads unittest: %s', (output, expected) => {
    expect(readUnittest(output)).toEqual(expected);
  });

  it.each([
    ['10 passed, 0 failed', tally(10, 0, 0)],
    ['7 passed, 1 failed, 2 skipped', tally(7, 1, 2)],
    ['Error: something else', tally(0, 0, 0)],
  ])('reads the benchmarks: %s', (line, expected) => {
    expect(readBenchmarks(line)).toEqual(expected);
  });

  it('reads vitest and counts a file that does not load', () => {
    const report = {
      numPassedTests: 4,
      numFailedTests: 1,
      numPendingTests: 2,
      numTodoTests: 1,
      testResults: [
        { status: 'failed', assertionResults: [{ status: 'failed' }, { status: 'passed' }] },
        { status: 'failed', assertionResults: [] },
        { status: 'passed', assertionResults: [{ status: 'passed' }] },
      ],
    };
    expect(readVitest(JSON.stringify(report))).toEqual(tally(4, 2, 3));
  });

  it('counts a runner that ended badly without a failed test', () => {
    expect(withExitStatus(1, tally(3, 0, 0))).toEqual(tally(3, 1, 0));
    expect(withExitStatus(1, tally(3, 2, 0))).toEqual(tally(3, 2, 0));
    expect(withExitStatus(0, tally(3, 0, 0))).toEqual(tally(3, 0, 0));
  });

  it('prints one line', () => {
    expect(format(sum([tally(3, 0, 0), tally(4, 1, 0)]))).toBe('7 passed, 1 failed');
    expect(format(sum([tally(3, 0, 0), tally(4, 1, 2)]))).toBe('7 passed, 1 failed, 2 skipped');
  });
});

describe('prerequisites', () => {
  it('names each missing one with the command that installs it', () => {
    const { missing } = checkPrerequisites({ PATH: '' });
    expect(missing).toEqual([
      expect.stringMatching(/^Rust \(cargo\) was not found; install it: curl .*rustup/),
      expect.stringMatching(/^a C\+\+ compiler was not found; .*apt-get install -y g\+\+$/),
      expect.stringMatching(/^python3 was not found; .*apt-get install -y python3 python3-pip$/),
    ]);
  });

  it('names a Rust that is too old', () => {
    const folder = mkdtempSync(join(tmpdir(), 'flc-tools-'));
    const program = (name: string, version: string) => {
      writeFileSync(join(folder, name), `#!/bin/sh\necho "${name} ${version}"\n`);
      chmodSync(join(folder, name), 0o755);
    };
    program('cargo', '1.63.0');
    program('c++', '12.2.0');
    program('python3', '3.11.2');
    const { found, missing } = checkPrerequisites({ PATH: folder });
    rmSync(folder, { recursive: true });
    expect(missing).toEqual([
      expect.stringMatching(/^Rust \(cargo\) 1.88 or newer is needed, this is 1.63.0/),
    ]);
    expect(found).toEqual([
      `Node ${process.versions.node}`,
      'a C++ compiler 12.2.0',
      'python3 3.11.2',
    ]);
  });
});

describe('documentation tests', () => {
  it.each([
    ['/// ```\n/// f();\n/// ```\n', true],
    ['    //! ```rust\n    //! ```\n', true],
    ['/// ```python\n/// f()\n/// ```\n', false],
    ['/// ```text\n/// ```\n/// ```no_run\n/// ```\n', true],
    ['// ```\nfn f() {}', false],
  ])('are found in %j: %s', (source, found) => {
    expect(hasDocumentationTest(source)).toBe(found);
  });
});

describe('addon checks', () => {
  it('read the libraries that an addon needs', () => {
    const section = [
      ' 0x0000000000000001 (NEEDED)             Shared library: [libtorch_cpu.so]',
      ' 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]',
      ' 0x000000000000000e (SONAME)             Library soname: [libtorch.so]',
    ].join('\n');
    expect(neededLibraries(section)).toEqual(['libtorch_cpu.so', 'libc.so.6']);
  });
});
