import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it, one by one. Node's own `recursive` never ends where the file system answers ENOENT although the
 * folder above is there, as /proc does. Rejects with the system's error.
 */
export async function makeFolder(folder: string): Promise<void> {
  const path = resolve(folder);
  try {
    await mkdir(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const above = dirname(path);
    if (code === 'ENOENT' && above !== path) {
      await makeFolder(above);
      await mkdir(path).catch((again) => passIfFolder(path, again));
    } else await passIfFolder(path, cause);
  }
}

/** A read-only disk and a folder that another process made meanwhile both answer with an error for a folder that is there. */
async function passIfFolder(path: string, cause: unknown): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (there?.isDirectory() !== true) throw cause;
}
