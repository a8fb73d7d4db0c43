import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Imports go one way. What each package may import beside @flc-native/errors, itself and the npm packages it declares.
 * @type {Readonly<Record<string, readonly string[]>>}
 */
const arrows = {
  errors: [],
  imaging: [],
  svm: [],
  'core-native': [],
  pipeline: ['imaging'],
  report: ['pipeline'],
  baselines: ['imaging', 'pipeline', 'svm'],
  classifier: ['core-native', 'pipeline', 'svm'],
  experiment: ['baselines', 'classifier', 'core-native', 'pipeline'],
  cli: ['classifier', 'core-native', 'experiment', 'imaging', 'pipeline', 'report', 'svm'],
};

/** The only package that talks to the terminal and ends the process. */
const frontEnd = 'cli';

/** Crates that know nothing of Node. */
const plainCrates = [
  'packages/core-native/crates/net',
  'packages/core-native/crates/torch-ext',
  'packages/core-native/crates/torch-cuda',
  'packages/imaging/crates/imaging',
];

/** Runs before any package is installed, so it imports nothing but Node. */
const standaloneFolders = ['packages/core-native/setup'];

/** Folders of a package that are shipped; tests may import across. */
const shippedFolders = ['src', 'bin', 'setup'];

const importPattern =
  /\b(?:from|import|require\(|import\(|require\.resolve\()\s*(['"])(?<specifier>[^'"\n]+)\1/g;
const terminalPattern = /\bprocess\s*\.\s*(?:exit|exitCode|abort|stdout|stderr)\b|\bconsole\s*\./g;

/**
 * @typedef {{ file: string, message: string }} Violation
 * @param {string} root of the repository
 * @returns {Violation[]}
 */
export function findViolations(root) {
  const violations = [];
  const names = new Map();
  for (const folder of readdirSync(join(root, 'packages'))) {
    if (existsSync(join(root, 'packages', folder, 'package.json'))) {
      names.set(readJson(join(root, 'packages', folder, 'package.json')).name, folder);
    }
  }
  for (const folder of names.values()) violations.push(...checkPackage(root, folder, names));
  for (const crate of plainCrates) violations.push(...checkCrate(root, crate));
  return violations;
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {ReadonlyMap<string, string>} names package name -> folder
 * @returns {Violation[]}
 */
function checkPackage(root, folder, names) {
  const packageDir = join(root, 'packages', folder);
  const manifest = `packages/${folder}/package.json`;
  const allowed = arrows[folder];
  if (allowed === undefined) {
    return [{ file: manifest, message: `packages/${folder} has no row in the table of arrows` }];
  }
  const declared = Object.keys(readJson(join(packageDir, 'package.json')).dependencies ?? {});
  const mayImport = (/** @type {string} */ target) =>
    target === folder || target === 'errors' || allowed.includes(target);
  const violations = declared.flatMap((name) => {
    const target = names.get(name);
    return target === undefined || mayImport(target)
      ? []
      : [{ file: manifest, message: `${folder} must not depend on ${target}` }];
  });

  for (const file of shippedFolders.flatMap((part) => scriptsUnder(join(packageDir, part)))) {
    const name = relative(root, file).split(sep).join('/');
    const text = withoutComments(readFileSync(file, 'utf8'));
    const report = (/** @type {string} */ message) => violations.push({ file: name, message });
    const standalone = standaloneFolders.some((part) => name.startsWith(`${part}/`));
    for (const match of text.matchAll(importPattern)) {
      const specifier = match.groups?.specifier ?? '';
      if (specifier.startsWith('.')) {
        const inside = `${resolve(dirname(file), specifier)}${sep}`.startsWith(packageDir + sep);
        if (!inside) report(`'${specifier}' leaves the package; import packages by name`);
      } else if (!specifier.startsWith('node:')) {
        const imported = packageName(specifier);
        const target = names.get(imported);
        if (standalone) report(`'${specifier}': only Node's own modules here`);
        else if (target !== undefined && !mayImport(target)) {
          report(`${folder} must not import ${target}`);
        } else if (target !== folder && !declared.includes(imported)) {
          report(`'${imported}' is not among the dependencies of ${folder}`);
        }
      }
    }
    if (folder !== frontEnd) {
      for (const [use] of text.matchAll(terminalPattern)) {
        report(
          `${use.replace(/\s/g, '')}: only ${frontEnd} talks to the terminal and ends the process`,
        );
      }
    }
  }
  return violations;
}

/**
 * @param {string} root
 * @param {string} crate
 * @returns {Violation[]}
 */
function checkCrate(root, crate) {
  const manifest = join(root, crate, 'Cargo.toml');
  if (!existsSync(manifest)) return [];
  const violations = [];
  if (/^\s*"?napi[\w-]*"?\s*[.=]/m.test(readFileSync(manifest, 'utf8'))) {
    violations.push({ file: `${crate}/Cargo.toml`, message: 'this crate knows nothing of napi' });
  }
  for (const file of filesUnder(join(root, crate), ['.rs'])) {
    if (/\bnapi(?:_derive)?::/.test(withoutComments(readFileSync(file, 'utf8')))) {
      const name = relative(root, file).split(sep).join('/');
      violations.push({ file: name, message: 'this crate knows nothing of napi' });
    }
  }
  return violations;
}

/** @param {string} folder */
function scriptsUnder(folder) {
  return filesUnder(folder, ['.ts', '.mts', '.js', '.mjs', '.cjs']);
}

/**
 * @param {string} folder
 * @param {readonly string[]} endings
 * @returns {string[]}
 */
function filesUnder(folder, endings) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'target', 'dist'].includes(entry.name)
        ? []
        : filesUnder(path, endings);
    }
    return endings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

/** @param {string} specifier such as `@scope/name/part` */
function packageName(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** @param {string} text strings are left as they are, so that `'https://…'` is no comment */
function withoutComments(text) {
  return text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[\s\S]|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (_, string) => string ?? '',
  );
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const violations = findViolations(fileURLToPath(new URL('..', import.meta.url)));
  for (const { file, message } of violations) process.stderr.write(`${file}: ${message}\n`);
  process.exitCode = violations.length === 0 ? 0 : 1;
}
