import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { FlcError } from '@flc-native/errors';
import { formatNiftiHeader } from './nifti-header.js';
import type { Volume } from './volume.js';

/** NIfTI-1 stores a size in 16 bits. */
const maxNiftiSize = 32767;

/**
 * Level 4: on CT noise within 2 % of the size of level 9 at a fraction of the time. The bytes are
 * the same for the same volume (no time stamp in the gzip header).
 */
const gzipLevel = 4;

/** The bytes of a NIfTI-1 file (little-endian, sform and qform, mm). */
export async function formatNifti(volume: Volume, compress: boolean): Promise<Uint8Array> {
  if (volume.size.some((n) => n > maxNiftiSize)) {
    throw new FlcError('DATA_ERROR', 'the volume is too large for NIfTI-1', {
      details: { size: volume.size, largest: maxNiftiSize },
      remedy: 'write NRRD instead',
    });
  }
  const header = formatNiftiHeader(volume, volume.dtype);
  const { buffer, byteOffset, byteLength } = volume.data;
  const whole = Buffer.concat([header, new Uint8Array(buffer, byteOffset, byteLength)]);
  return compress ? promisify(gzip)(whole, { level: gzipLevel }) : whole;
}
