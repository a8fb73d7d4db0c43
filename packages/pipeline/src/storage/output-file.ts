import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { FlcError } from '@flc-native/errors';

/**
 * Whether a file can take this name, asked before the work that fills it. INVALID_CONFIG where the name is that of a folder, or
 * a part of its path that of a file; permissions are left to the writing.
 */
export async function checkOutputFile(file: string): Promise<void> {
  const path = resolve(file);
  const there = await isFolder(path);
  if (there === true) {
    throw notAFile(file, 'the output is to be a file, and this is a folder');
  }
  if (there === false) return;
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const above = await isFolder(folder);
    if (above === false) throw notAFile(file, 'a part of the path of the output is a file');
    if (above === true || folder === dirname(folder)) return;
  }
}

/**
 * Refuses outputs that would take the place of an input, however the paths are spelt: relative, or through links. An output may be
 * a folder that the command fills. INVALID_CONFIG with the input in `details.file`.
 */
export async function keepInputs(
  inputs: readonly string[],
  outputs: readonly string[],
): Promise<void> {
  const taken = new Set(await Promise.all(outputs.map(placeOf)));
  for (const file of inputs) {
    let place = await placeOf(file);
    while (!taken.has(place) && place !== dirname(place)) place = dirname(place);
    if (!taken.has(place)) continue;
    throw new FlcError('INVALID_CONFIG', 'an output would replace a file that the command reads', {
      details: { file },
      remedy: 'give another folder or name as output',
    });
  }
}

/** Whether two paths are one file, or would be. */
export async function isSamePlace(a: string, b: string): Promise<boolean> {
  return (await placeOf(a)) === (await placeOf(b));
}

/** The path without links; of what is not there yet, that of the folder in which it would be. */
async function placeOf(file: string): Promise<string> {
  const path = resolve(file);
  const folder = dirname(path);
  return realpath(path).catch(async () =>
    folder === path ? path : join(await placeOf(folder), basename(path)),
  );
}

/** Undefined where there is nothing, or nothing that can be seen. */
async function isFolder(path: string): Promise<boolean | undefined> {
  return stat(path).then(
    (status) => status.isDirectory(),
    () => undefined,
  );
}

function notAFile(file: string, message: string): FlcError {
  return new FlcError('INVALID_CONFIG', message, {
    details: { file },
    remedy: 'give the name of a file in a folder; missing folders are made',
  });
}
