import { createHash } from 'node:crypto';
import { basename } from 'node:path';

/**
 * Takes paths out of a value that goes to stdout: a folder or a file is often named after a patient. Each path becomes
 * `file:<hash>`, the same for the same path, so that two records can be matched; the path itself stands on stderr.
 *
 * @param paths paths known to occur, such as the arguments of the call; those found in the value are added.
 */
export function redactPaths(value: unknown, paths: Iterable<string> = []): unknown {
  const known = new Set<string>();
  for (const path of paths) if (isPath(path)) known.add(path);
  collectPaths(value, known);
  const names = new Map<string, string>();
  for (const path of known) {
    names.set(path, pathToken(path));
    names.set(basename(path), pathToken(path));
  }
  // Longest first, so that a folder does not eat the beginning of its file.
  const ordered = [...names].filter(([name]) => name.length > 2);
  ordered.sort(([a], [b]) => b.length - a.length);
  return replaceIn(value, ordered);
}

/** A sentence without the paths in it: those that look like one, and `file`. Its name alone stays, as in "dataset.yaml lacks a key". */
export function redactMessage(message: string, file?: unknown): string {
  const paths = [...(typeof file === 'string' ? [file] : []), ...pathsInText(message)];
  paths.sort((a, b) => b.length - a.length);
  return paths.reduce((text, path) => text.replaceAll(path, pathToken(path)), message);
}

/** `file:` and the first 12 hexadecimal digits of the path's SHA-256. */
export function pathToken(path: string): string {
  return `file:${createHash('sha256').update(path).digest('hex').slice(0, 12)}`;
}

/** Facts under these names are paths, whatever they look like. */
const pathKeys = /(^|[a-z])(file|path|dir|directory|folder)s?$/i;
const pathEnds = /\.(nii|nii\.gz|nrrd|mha|mhd|ya?ml|json|safetensors)$/i;
/** Within a sentence, as in messages of the operating system: between quotes, up to a blank, or relative with a known ending. */
const pathInText =
  /(?<=")\.{0,2}\/[^"]+(?=")|(?<=')\.{0,2}\/[^']+(?=')|(?<![\w.])\.{0,2}\/[^\s'",;:]*[^\s'",;:.]|[^\s'",;:]*\/[^\s'",;:]*\.(?:nii|nii\.gz|nrrd|mha|mhd|ya?ml|json|safetensors)\b/gi;

function pathsInText(text: string): string[] {
  return [...text.matchAll(pathInText)].map(([path]) => path);
}

function isPath(text: string): boolean {
  return (
    text.startsWith('/') || text.startsWith('./') || text.startsWith('../') || pathEnds.test(text)
  );
}

function collectPaths(value: unknown, into: Set<string>, key = ''): void {
  if (typeof value === 'string') {
    if (isPath(value) || pathKeys.test(key)) into.add(value);
    for (const path of pathsInText(value)) into.add(path);
  } else if (Array.isArray(value)) {
    for (const entry of value) collectPaths(entry, into, key);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, entry] of Object.entries(value)) collectPaths(entry, into, name);
  }
}

function replaceIn(value: unknown, names: readonly (readonly [string, string])[]): unknown {
  if (typeof value === 'string')
    return names.reduce((text, [name, token]) => text.replaceAll(name, token), value);
  if (Array.isArray(value)) return value.map((entry) => replaceIn(entry, names));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, replaceIn(entry, names)]),
    );
  return value;
}
