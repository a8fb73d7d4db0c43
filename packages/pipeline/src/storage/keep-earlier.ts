import { constants, copyFile, readFile } from 'node:fs/promises';
import { ioError } from './atomic-file.js';

/**
 * Copies a file that is about to be replaced or removed to `<file>.1`, `.2` and so on, unless it has the new content already: what
 * somebody changed by hand is never lost. Returns the copy, undefined where there was nothing to keep. Rejects with IO_ERROR.
 */
export async function keepEarlier(file: string, content?: string): Promise<string | undefined> {
  try {
    if ((await readFile(file, 'utf8')) === content) return undefined;
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw ioError('reading an earlier file failed', file, cause);
  }
  for (let i = 1; ; i += 1) {
    const copy = `${file}.${i}`;
    try {
      await copyFile(file, copy, constants.COPYFILE_EXCL);
      return copy;
    } catch (cause) {
      if (!hasCode(cause, 'EEXIST')) throw ioError('keeping an earlier file failed', copy, cause);
    }
  }
}

function hasCode(cause: unknown, code: string): boolean {
  return (cause as NodeJS.ErrnoException).code === code;
}
