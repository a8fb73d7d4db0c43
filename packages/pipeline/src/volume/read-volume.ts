import { open, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FlcError, toFlcError } from '@flc-native/errors';
import { ioError } from '../storage/atomic-file.js';
import { readItkImage } from './itk-image.js';
import { checkDeclaredBytes, maxVoxelBytes, truncated } from './limits.js';
import { readNifti } from './read-nifti.js';
import { parseMetaImageHeader, parseNrrdHeader, textHeaderBytes } from './text-header.js';
import type { Volume } from './volume.js';

/** Extensions that {@link readVolume} and `writeVolume` take. */
export const volumeExtensions = ['.nii', '.nii.gz', '.nrrd', '.mha', '.mhd'] as const;
export type VolumeExtension = (typeof volumeExtensions)[number];

/** The extension of a volume file. DATA_ERROR for any other file. */
export function volumeExtension(file: string): VolumeExtension {
  const name = basename(file).toLowerCase();
  const found = volumeExtensions.find((extension) => name.endsWith(extension));
  if (found !== undefined) return found;
  throw new FlcError('DATA_ERROR', 'not a supported volume file', {
    details: { file, expected: volumeExtensions },
    remedy: 'give NIfTI (.nii, .nii.gz), NRRD (.nrrd) or MetaImage (.mha, .mhd)',
  });
}

/**
 * Reads a 3D volume: values rescaled, LPS geometry in mm, voxel order as in the file. IO_ERROR
 * where the file cannot be opened, DATA_ERROR where it is damaged or foreign; the path is in
 * `details.file`. What a header declares is held against the size of the file before anything is
 * allocated.
 */
export async function readVolume(file: string): Promise<Volume> {
  const extension = volumeExtension(file);
  try {
    if (extension === '.nii' || extension === '.nii.gz') {
      await sizeOf(file);
      return await readNifti(await readFile(file));
    }
    await checkTextHeader(file, extension);
    return await readItkImage(file);
  } catch (error) {
    throw withFile(error, file);
  }
}

/** DATA_ERROR for a path that is no file. */
export function notAFile(status: { isDirectory(): boolean }): FlcError {
  const got = status.isDirectory() ? 'a folder' : 'no regular file';
  return new FlcError('DATA_ERROR', `a file is expected, this is ${got}`, {
    remedy: 'name the file itself; a DICOM series is written as { dicom: <folder> }',
  });
}

/** Size of a regular file in bytes; a folder or device is refused, as is one beyond the limit. */
async function sizeOf(file: string): Promise<number> {
  const status = await stat(file);
  if (!status.isFile()) throw notAFile(status);
  if (status.size >= maxVoxelBytes) {
    throw new FlcError('DATA_ERROR', 'the file is larger than is supported', {
      details: { bytes: status.size, largest: maxVoxelBytes },
    });
  }
  return status.size;
}

async function checkTextHeader(file: string, extension: VolumeExtension): Promise<void> {
  const bytes = await sizeOf(file);
  const head = await readHead(file, Math.min(bytes, textHeaderBytes));
  const declared = extension === '.nrrd' ? parseNrrdHeader(head) : parseMetaImageHeader(head);
  const available =
    declared.dataFile === undefined
      ? bytes - declared.headerBytes
      : await sizeOf(join(dirname(file), declared.dataFile));
  checkDeclaredBytes(declared.voxelBytes, available, declared.compressed);
}

async function readHead(file: string, length: number): Promise<Uint8Array> {
  const handle = await open(file, 'r');
  try {
    const head = Buffer.alloc(length);
    const { bytesRead } = await handle.read(head, 0, length, 0);
    if (bytesRead < length) throw truncated({ expected: length, got: bytesRead });
    return head;
  } finally {
    await handle.close();
  }
}

function withFile(error: unknown, file: string): FlcError {
  if (!(error instanceof FlcError)) {
    const system = (error as NodeJS.ErrnoException | null)?.syscall !== undefined;
    return system ? ioError('reading a volume failed', file, error) : toFlcError(error);
  }
  return new FlcError(error.code, error.message, {
    details: { ...error.details, file },
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause: error.cause,
  });
}
