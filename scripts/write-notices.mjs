/**
 * Writes the licences of the crates that are linked into each addon, THIRD-PARTY.txt beside its package.json, out of the
 * crates themselves. `node scripts/write-notices.mjs` after a change of Cargo.lock; `test/packing.test.ts` fails when one
 * is out of date.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ id: string, name: string, version: string, license: string | null, source: string | null, authors: string[], manifest_path: string, targets: { kind: string[] }[] }} Crate */
/** @typedef {{ packages: Crate[], resolve: { nodes: { id: string, deps: { pkg: string, dep_kinds: { kind: string | null }[] }[] }[] } }} Metadata */

const root = fileURLToPath(new URL('..', import.meta.url));
const addons = { 'core-native': 'flc-binding', imaging: 'flc-imaging-binding' };

/** What C libraries bring that a crate compiles in. */
const bundled = ['bzip2-1.0.8', 'zstd'];
/** The text of Apache-2.0 is LICENSE of the package itself. */
const licenceFile = /^(licen[cs]e|notice|unlicense)(?!.*apache)/i;

/** @returns {Record<string, string>} text by path below the root */
export function noticeFiles() {
  const command = ['metadata', '--offline', '--locked', '--format-version', '1'];
  const platform = ['--filter-platform', 'x86_64-unknown-linux-gnu'];
  const options = { cwd: root, encoding: /** @type {const} */ ('utf8'), maxBuffer: 2 ** 26 };
  /** @type {Metadata} */
  const metadata = JSON.parse(execFileSync('cargo', [...command, ...platform], options));
  return Object.fromEntries(
    Object.entries(addons).map(([folder, crate]) => [
      `packages/${folder}/THIRD-PARTY.txt`,
      notices(linkedCrates(metadata, crate)),
    ]),
  );
}

/**
 * @param {Metadata} metadata
 * @param {string} name of the addon's crate
 */
function linkedCrates({ packages, resolve }, name) {
  const crates = new Map(packages.map((crate) => [crate.id, crate]));
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  /** @type {Set<string>} */
  const seen = new Set();
  /** @param {string | undefined} id */
  const visit = (id) => {
    const crate = crates.get(id ?? '');
    // A procedural macro runs in the compiler and is no part of the addon.
    const macro = crate?.targets.some(({ kind }) => kind.includes('proc-macro'));
    if (id === undefined || macro || seen.has(id)) return;
    seen.add(id);
    for (const { pkg, dep_kinds } of nodes.get(id)?.deps ?? []) {
      if (dep_kinds.some(({ kind }) => kind === null)) visit(pkg);
    }
  };
  visit(packages.find((crate) => crate.name === name)?.id);
  return packages
    .filter(({ id, source }) => seen.has(id) && source !== null)
    .sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** @param {readonly Crate[]} crates */
function notices(crates) {
  /** @type {Map<string, string[]>} names by text: many crates share one */
  const texts = new Map();
  for (const { name, version, manifest_path } of crates) {
    for (const text of licenceTexts(dirname(manifest_path))) {
      texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
    }
  }
  const line = '-'.repeat(80);
  const list = crates.map(({ name, version, license, authors }) =>
    [name, version, license, authors.join(', ')].filter((fact) => fact).join(' | '),
  );
  return [
    'Rust crates that are linked into the addon of this package: name, version, licence, authors.',
    "The text of Apache-2.0 is in LICENSE; the other texts follow. Rust's standard library is MIT OR Apache-2.0.",
    '',
    ...list,
    ...[...texts].flatMap(([text, names]) => ['', line, names.join(', '), '', text]),
    '',
  ].join('\n');
}

/** @param {string} folder of a crate's sources */
function licenceTexts(folder) {
  return [folder, ...bundled.map((name) => join(folder, name))]
    .filter((path) => existsSync(path))
    .flatMap((path) =>
      readdirSync(path, { withFileTypes: true })
        .filter((entry) => entry.isFile() && licenceFile.test(entry.name))
        .map(({ name }) => readFileSync(join(path, name), 'utf8').replaceAll('\r', '').trim()),
    );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(noticeFiles())) writeFileSync(join(root, file), text);
}
