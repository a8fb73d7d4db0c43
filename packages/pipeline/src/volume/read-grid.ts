import { open } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';
import { FlcError } from '@flc-native/errors';
import { ioError } from '../storage/atomic-file.js';
import { parseNiftiHeader } from './nifti-header.js';
import { readVolume, volumeExtension } from './read-volume.js';
import type { Grid } from './volume.js';

/** Enough of a file for any NIfTI header, also compressed. */
const headBytes = 4096;

/** What the header of a volume says; `stored` is the element type on disk. */
export interface GridOfFile extends Grid {
  readonly stored: string;
}

/**
 * The grid of a volume. Of NIfTI only the header is read, so that thousands of files take seconds;
 * other formats are read whole. Errors are those of `readVolume`.
 */
export async function readGrid(file: string): Promise<GridOfFile> {
  const extension = volumeExtension(file);
  if (extension !== '.nii' && extension !== '.nii.gz') {
    const { size, spacing, origin, direction, dtype } = await readVolume(file);
    return { size, spacing, origin, direction, stored: dtype };
  }
  try {
    const { grid, dtype } = parseNiftiHeader(await readHead(file));
    return { ...grid, stored: dtype };
  } catch (error) {
    if (!(error instanceof FlcError)) throw ioError('reading a volume failed', file, error);
    throw new FlcError(error.code, error.message, {
      details: { ...error.details, file },
      ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
      cause: error.cause,
    });
  }
}

async function readHead(file: string): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(headBytes);
    const { bytesRead } = await handle.read(head, 0, headBytes, 0);
    const bytes = head.subarray(0, bytesRead);
    if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
    try {
      // Z_SYNC_FLUSH: the input is a part only, its sudden end is no error.
      return gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch (cause) {
      throw new FlcError('DATA_ERROR', 'the compressed data are damaged', {
        remedy: 'fetch or export the file again',
        cause,
      });
    }
  } finally {
    await handle.close();
  }
}
