import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { ioError, writeFileAtomic } from '../storage/atomic-file.js';
import { makeFolder } from '../storage/make-folder.js';
import { writeItkImage } from './itk-image.js';
import { volumeExtension } from './read-volume.js';
import type { Volume } from './volume.js';
import { formatNifti } from './write-nifti.js';

/**
 * Writes a volume atomically; the extension chooses NIfTI (.nii, .nii.gz), NRRD (.nrrd) or
 * MetaImage (.mha), compressed except for .nii. Rejects with IO_ERROR.
 */
export async function writeVolume(file: string, volume: Volume): Promise<void> {
  const extension = volumeExtension(file);
  if (extension === '.mhd') {
    // Two files cannot take their names at once.
    throw new FlcError('DATA_ERROR', 'writing .mhd is not supported', {
      details: { file },
      remedy: 'write .mha, the same format in one file',
    });
  }
  if (extension === '.nii' || extension === '.nii.gz') {
    await writeFileAtomic(file, await formatNifti(volume, extension === '.nii.gz'));
    return;
  }
  const temporary = join(
    dirname(file),
    `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp${extension}`,
  );
  try {
    await makeFolder(dirname(file));
    await writeItkImage(temporary, volume);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw ioError('writing a volume failed', file, cause);
  }
}
