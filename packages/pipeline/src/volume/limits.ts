import { FlcError } from '@flc-native/errors';

/** Largest volume that is read, in bytes of voxels: 512 x 512 x 2000 of int16, with some room. */
export const maxVoxelBytes = 2 ** 30;

/** Deflate expands by at most 1032 to 1 (zlib's technical note); a larger claim is a lie. */
const maxDeflateRatio = 1032;

/**
 * Refuses a header that asks for more than the file can hold, before anything is allocated.
 * `voxelBytes` as the header declares, `available` bytes of voxels in the file. DATA_ERROR.
 */
export function checkDeclaredBytes(
  voxelBytes: number,
  available: number,
  compressed: boolean,
): void {
  if (!Number.isSafeInteger(voxelBytes) || voxelBytes > maxVoxelBytes) {
    throw new FlcError('DATA_ERROR', 'the header declares more voxels than are supported', {
      details: { declaredBytes: voxelBytes, largest: maxVoxelBytes },
      remedy: 'the header is damaged, or the volume must be cropped first',
    });
  }
  if (voxelBytes > available * (compressed ? maxDeflateRatio : 1)) {
    throw truncated({ expected: voxelBytes, got: available });
  }
}

/** DATA_ERROR for a file that ends before its voxels do. */
export function truncated(details: Record<string, unknown>, cause?: unknown): FlcError {
  return new FlcError('DATA_ERROR', 'the file is truncated: it holds fewer voxels than declared', {
    details,
    remedy: 'copy or export the file again',
    cause,
  });
}
