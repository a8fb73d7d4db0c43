import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
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
