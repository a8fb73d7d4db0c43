import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.js';

/** Flags of a network that trains in seconds; the numbers mean nothing. */
export const tinyNetwork = [
  ...['--depth', '1', '--widths', '4,6,8', '--hidden-size', '5'],
  ...['--patch-input', '16', '--roi-input', '16'],
  ...['--batch-size', '12', '--rois-per-batch', '4', '--max-steps', '4', '--evaluate-every', '2'],
  ...['--evaluate-patches-per-lesion', '4', '--label-map-pace', '5', '--seed', '3'],
  // One thread: threads that wait for each other take long on a busy machine.
  ...['--threads', '1'],
];

/** Runs a command that must succeed, with --json; @returns what it printed. */
export async function succeed(
  cwd: string,
  ...args: string[]
): Promise<{ json: unknown; text: string }> {
  const { exitCode, stdout, stderr } = await runCli([...args, '--json'], { cwd });
  expect(stderr).not.toContain('error ');
  expect(exitCode, stderr).toBe(0);
  return { json: JSON.parse(stdout), text: stdout };
}

/** Files under a folder whose name or content holds one of the words, in any case of letters. */
export async function filesThatHold(dir: string, words: readonly string[]): Promise<string[]> {
  const pattern = new RegExp(words.join('|'), 'i');
  const found: string[] = [];
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const inside = file.slice(dir.length);
    const content = entry.isFile() ? await readFile(file, 'latin1') : '';
    if (pattern.test(inside) || pattern.test(content)) found.push(inside);
  }
  return found;
}
