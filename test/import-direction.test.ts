import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findViolations } from '../scripts/check-imports.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'flc-imports-'));
  plantPackage('errors', '@flc-native/errors', []);
  plantPackage('imaging', '@flc-native/imaging', ['@flc-native/errors']);
  plantPackage('pipeline', '@flc-native/pipeline', ['@flc-native/imaging', 'zod']);
  plantPackage('cli', 'flc-native', ['@flc-native/pipeline']);
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function plant(file: string, text: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
}

function plantPackage(folder: string, name: string, dependencies: readonly string[]): void {
  const versions = Object.fromEntries(dependencies.map((dependency) => [dependency, '0.1.0']));
  plant(`packages/${folder}/package.json`, JSON.stringify({ name, dependencies: versions }));
}

function messages(): string[] {
  return findViolations(root).map(({ file, message }) => `${file}: ${message}`);
}

describe('direction of imports', () => {
  it('holds in this repository', () => {
    expect(findViolations(fileURLToPath(new URL('..', import.meta.url)))).toEqual([]);
  });

  it('lets imports follow the arrows', () => {
    plant(
      'packages/pipeline/src/a.ts',
      `import { z } from 'zod';\nimport { warpVolume } from '@flc-native/imaging';\nimport './b.js';\n`,
    );
    expect(messages()).toEqual([]);
  });

  it.each([
    [`import { x } from 'flc-native';`, 'pipeline must not import cli'],
    [`export * from "flc-native/part";`, 'pipeline must not import cli'],
    [`const x = await import('flc-native');`, 'pipeline must not import cli'],
    [`import type { X } from 'flc-native';`, 'pipeline must not import cli'],
    [`import fs from 'left-pad';`, "'left-pad' is not among the dependencies of pipeline"],
    [
      `import '../../imaging/src/index.js';`,
      "'../../imaging/src/index.js' leaves the package; import packages by name",
    ],
    [`process.exit(1);`, 'process.exit: only cli talks to the terminal and ends the process'],
    [`console.log(1);`, 'console.: only cli talks to the terminal and ends the process'],
  ])('reports %s', (code, message) => {
    plant('packages/pipeline/src/a.ts', code);
    expect(messages()).toEqual([`packages/pipeline/src/a.ts: ${message}`]);
  });

  it('reports a dependency against the arrows', () => {
    plantPackage('imaging', '@flc-native/imaging', ['@flc-native/pipeline']);
    expect(messages()).toEqual([
      'packages/imaging/package.json: imaging must not depend on pipeline',
    ]);
  });

  it('reads code, not comments', () => {
    plant(
      'packages/pipeline/src/a.ts',
      `// import 'flc-native'; console.log()\n/* process.exit(1) */\nexport const url = 'http://x'; // ok\n`,
    );
    expect(messages()).toEqual([]);
  });

  it('lets the command line print and exit', () => {
    plant('packages/cli/src/a.ts', `console.log(1);\nprocess.exit(1);\n`);
    expect(messages()).toEqual([]);
  });

  it('keeps npm packages out of the set-up', () => {
    plantPackage('core-native', '@flc-native/core-native', ['zod']);
    plant('packages/core-native/setup/a.mjs', `import { z } from 'zod';`);
    expect(messages()).toEqual([
      "packages/core-native/setup/a.mjs: 'zod': only Node's own modules here",
    ]);
  });

  it.each([
    ['packages/core-native/crates/net/Cargo.toml', '[dependencies]\nnapi.workspace = true\n'],
    ['packages/imaging/crates/imaging/src/lib.rs', 'use napi::bindgen_prelude::*;\n'],
  ])('keeps napi out of the plain crates: %s', (file, text) => {
    plantPackage('core-native', '@flc-native/core-native', []);
    plant(`${dirname(file).replace(/\/src$/, '')}/Cargo.toml`, '[dependencies]\n');
    plant(file, text);
    expect(messages()).toEqual([`${file}: this crate knows nothing of napi`]);
  });
});
