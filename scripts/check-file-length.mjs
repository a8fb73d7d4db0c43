import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** No hand-written file is longer: one idea a file. */
const longest = 400;

const sources = ['ts', 'mts', 'mjs', 'rs', 'cpp', 'h', 'py'].map((ending) => `*.${ending}`);
/** What the build generates. */
const generated = ':!packages/*/native/**';

/**
 * @param {string} root of the repository
 * @returns {{ file: string, lines: number }[]} tracked or new source files that are too long
 */
export function findLongFiles(root) {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...sources, generated],
    { cwd: root, encoding: 'utf8' },
  );
  return listed
    .split('\0')
    .filter((file) => file !== '')
    .map((file) => ({ file, lines: countLines(join(root, file)) }))
    .filter(({ lines }) => lines > longest);
}

/** @param {string} file */
function countLines(file) {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').length;
  } catch {
    return 0; // Deleted, but not yet from the index.
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const tooLong = findLongFiles(fileURLToPath(new URL('..', import.meta.url)));
  for (const { file, lines } of tooLong) {
    process.stderr.write(`${file}: ${lines} lines, ${longest} are the most\n`);
  }
  process.exitCode = tooLong.length === 0 ? 0 : 1;
}
