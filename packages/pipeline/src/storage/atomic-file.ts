import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { makeFolder } from './make-folder.js';

/** Names of the temporary files of {@link writeFileAtomic}; a killed process may leave one. */
export const temporaryFilePattern = /^\..+\.[0-9a-f]{12}\.tmp$/;

/**
 * Writes a file so that a reader sees the old content or the new one, never a part: the bytes go to
 * a temporary file in the same folder, are synced, and take the name by a rename. Missing folders
 * are made. Rejects with IO_ERROR, `details.file` holds the path.
 */
export async function writeFileAtomic(
  file: string,
  content: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await makeFolder(folder);
    await writeSynced(temporary, content);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw ioError('writing a file failed', file, cause);
  }
}

async function writeSynced(
  file: string,
  content: Uint8Array | string | readonly Uint8Array[],
): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    const parts = Array.isArray(content) ? content : [content as Uint8Array | string];
    for (const part of parts) await handle.writeFile(part);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether a disk that takes no more is why a file could not be written: then no other can be. */
export function isDiskFault(error: unknown): boolean {
  const code = error instanceof FlcError ? error.details.systemCode : undefined;
  return code === 'ENOSPC' || code === 'EROFS' || code === 'EDQUOT';
}

const remedies: Readonly<Record<string, string>> = {
  ENOENT: 'check that the path exists and is spelt as on disk',
  EACCES: 'check the permissions of the file and its folder',
  EPERM: 'check the permissions of the file and its folder',
  EROFS: 'the file system is read-only: choose another output folder',
  ENOSPC: 'the disk is full: free some space or choose another output folder',
  EDQUOT: 'the quota is used up: free some space or choose another output folder',
  ENOTDIR: 'a part of the path is a file, not a folder: choose another path',
  EISDIR: 'the path is a folder: give a file',
};

/**
 * IO_ERROR for a failed file operation. The message holds the system's code, the path is in
 * `details.file` alone: paths may contain names of patients and must not reach reports.
 */
export function ioError(what: string, file: string, cause: unknown): FlcError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? 'unknown';
  const remedy = remedies[code];
  // The system's own message repeats the path, so it stays out of `message` and travels as `cause`.
  return new FlcError('IO_ERROR', `${what} (${code})`, {
    details: { file, systemCode: code },
    ...(remedy === undefined ? {} : { remedy }),
    cause,
  });
}
