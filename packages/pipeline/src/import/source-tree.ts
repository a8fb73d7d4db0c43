import { readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { FlcError, throwIfCancelled } from '@flc-native/errors';
import { ioError } from '../storage/atomic-file.js';

/** A folder to import from: all its files by name, none opened. */
export interface SourceTree {
  readonly root: string;
  /** Paths relative to `root` with `/`, in natural order (2 before 10). */
  readonly files: readonly string[];
  /** Absolute path of one of them. */
  path(file: string): string;
}

/** More files than the largest public set has (180 GB of DICOM) many times over. */
const mostFiles = 5_000_000;
const deepest = 24;
/** Not of the set: rests of archivers, and what an earlier import wrote. */
const ignored: ReadonlySet<string> = new Set(['__MACOSX', 'imported-masks']);

/** Lists a folder; hidden files, `__MACOSX` and `imported-masks` are left out. IO_ERROR if it cannot be read. */
export async function readSourceTree(root: string, signal?: AbortSignal): Promise<SourceTree> {
  const files: string[] = [];
  const pending: { folder: string; depth: number }[] = [{ folder: root, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { folder, depth } = next;
    throwIfCancelled(signal);
    for (const entry of await entriesOf(folder)) {
      if (entry.name.startsWith('.') || ignored.has(entry.name)) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (depth < deepest) pending.push({ folder: path, depth: depth + 1 });
      } else if (entry.isFile()) files.push(relative(root, path).split(sep).join('/'));
    }
    if (files.length > mostFiles) {
      throw new FlcError(
        'INVALID_CONFIG',
        `more than ${mostFiles} files: no data set has that many`,
        {
          details: { file: root },
          remedy: 'give the folder of one data set',
        },
      );
    }
  }
  const order = new Intl.Collator('en', { numeric: true });
  files.sort((a, b) => order.compare(a, b));
  return { root, files, path: (file) => join(root, file) };
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw ioError('the folder cannot be listed', folder, cause);
  }
}

/** `a/b/c.nii.gz` -> [`a`, `b`, `c.nii.gz`]. */
export function partsOf(file: string): string[] {
  return file.split('/');
}

/** Folder of a path within the tree; empty for the root. */
export function folderOf(file: string): string {
  const at = file.lastIndexOf('/');
  return at < 0 ? '' : file.slice(0, at);
}

/** Last part of a path without the extensions of volumes. */
export function stemOf(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1).replace(/\.(nii\.gz|nii|nrrd|mha|mhd)$/i, '');
}

/** Whether a file name is that of a volume. */
export function isVolumeName(file: string): boolean {
  return /\.(nii\.gz|nii|nrrd|mha|mhd)$/i.test(file);
}
