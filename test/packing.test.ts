import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packingProblems } from '../scripts/prepack.mjs';
import { noticeFiles } from '../scripts/write-notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

/** Paths by package name, as npm would pack them. */
const packed = new Map<string, Set<string>>(
  Object.values(
    JSON.parse(
      execFileSync('npm', ['pack', '--workspaces', '--dry-run', '--json', '--ignore-scripts'], {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        maxBuffer: 2 ** 26,
      }),
    ) as Record<string, { name: string; files: { path: string }[] }>,
  ).map(({ name, files }) => [name, new Set(files.map(({ path }) => path))]),
);

describe.each(readdirSync(join(root, 'packages')))('the tarball of %s', (folder) => {
  const manifest = JSON.parse(read('packages', folder, 'package.json'));
  const files = packed.get(manifest.name) ?? new Set<string>();

  it('has the licence, what is exported, and a prepack that checks the build', () => {
    const exported = Object.values(manifest.exports as Record<string, Record<string, string>>)
      .flatMap((entry) => Object.values(entry))
      .map((path) => path.replace('./', ''));
    expect([...files]).toEqual(expect.arrayContaining(['LICENSE', 'package.json', ...exported]));
    expect(read('packages', folder, 'LICENSE')).toBe(read('LICENSE'));
    expect(manifest.scripts.prepack).toBe('node ../../scripts/prepack.mjs');
  });

  it('has the sources that its maps name, and nothing of the build alone', () => {
    const missing = [...files]
      .filter((file) => file.endsWith('.map'))
      .flatMap((file) =>
        (JSON.parse(read('packages', folder, file)).sources as string[]).map((source) =>
          join(dirname(file), source),
        ),
      )
      // prepack refuses the output of sources that are gone; a checkout that is worked on may have some.
      .filter((source) => existsSync(join(root, 'packages', folder, source)) && !files.has(source));
    expect(missing).toEqual([]);
    expect([...files].filter((file) => /tsbuildinfo|^crates|^test|^interop/.test(file))).toEqual(
      [],
    );
  });

  it('says where its addon works, and brings it with the licences of what is in it', () => {
    if (manifest.napi === undefined) return;
    expect(manifest).toMatchObject({ os: ['linux'], cpu: ['x64'], libc: ['glibc'] });
    const addon = `native/${manifest.napi.binaryName}.linux-x64-gnu.node`;
    expect([...files]).toEqual(expect.arrayContaining([addon, 'THIRD-PARTY.txt']));
  });
});

it.each(Object.entries(noticeFiles()))('%s names the crates of Cargo.lock', (file, text) => {
  // Out of date? node scripts/write-notices.mjs
  expect(read(file)).toBe(text);
});

it('a package without its addon, or with output of removed sources, is not packed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flc-pack-'));
  try {
    for (const part of ['src', 'dist']) mkdirSync(join(folder, part));
    writeFileSync(join(folder, 'package.json'), '{ "napi": { "binaryName": "x" } }');
    writeFileSync(join(folder, 'src/a.ts'), '');
    for (const file of ['a.js', 'a.d.ts.map', 'b.js', '.tsbuildinfo']) {
      writeFileSync(join(folder, 'dist', file), '');
    }
    expect(packingProblems(folder)).toEqual([
      'native/x.linux-x64-gnu.node is not there: npm run build:native',
      'no source is left of dist/b.js: remove dist and build again',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
