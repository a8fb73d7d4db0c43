/**
 * A small reader of its own for the format that nearly every case comes in. Measured against
 * @itk-wasm/image-io it is about ten times faster, needs no WebAssembly memory per worker, and
 * checks the header against the file before it allocates. Tests hold it against ITK voxel by voxel.
 */
import { constants, gunzip, gunzipSync } from 'node:zlib';
import { FlcError } from '@flc-native/errors';
import { checkDeclaredBytes, truncated } from './limits.js';
import { type NiftiHeader, parseNiftiHeader } from './nifti-header.js';
import { makeVolume, type Volume, type VoxelData, voxelArrays, voxelCount } from './volume.js';

/** Compressed bytes that hold a header for certain, while a bomb stays below 4 MiB. */
const headBytes = 4096;

/** Reads a NIfTI-1 image (.nii or .nii.gz, told by content). DATA_ERROR for a damaged one. */
export async function readNifti(file: Uint8Array): Promise<Volume> {
  const compressed = file[0] === 0x1f && file[1] === 0x8b;
  const header = parseNiftiHeader(compressed ? inflateHead(file) : file);
  const bytes = voxelCount(header.grid.size) * header.bytesPerVoxel;
  const available = compressed ? file.byteLength : Math.max(0, file.byteLength - header.dataOffset);
  checkDeclaredBytes(bytes, available, compressed);
  if (compressed) checkDeclaredBytes(header.dataOffset, file.byteLength, true);
  const whole = compressed ? await inflate(file, header.dataOffset + bytes) : file;
  if (whole.byteLength < header.dataOffset + bytes) {
    throw truncated({ expected: header.dataOffset + bytes, got: whole.byteLength });
  }
  const stored = whole.subarray(header.dataOffset, header.dataOffset + bytes);
  return makeVolume(header.grid, rescale(toVoxels(stored, header), header));
}

function inflateHead(file: Uint8Array): Uint8Array {
  try {
    // Z_SYNC_FLUSH: the input is a part only, its sudden end is no error.
    return gunzipSync(file.subarray(0, headBytes), { finishFlush: constants.Z_SYNC_FLUSH });
  } catch (cause) {
    throw badGzip(cause);
  }
}

function inflate(file: Uint8Array, expected: number): Promise<Uint8Array> {
  // One chunk of the final size: zlib then neither grows nor joins buffers. A file may carry a
  // little padding after the voxels; anything longer than that is refused, so memory stays bounded.
  const options = { chunkSize: expected + 64, maxOutputLength: expected + 2 ** 20 };
  return new Promise((resolve, reject) => {
    gunzip(file, options, (error, result) => {
      if (error === null) resolve(result);
      else reject(badGzip(error, expected));
    });
  });
}

function badGzip(cause: unknown, expected?: number): FlcError {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'Z_BUF_ERROR') return truncated({ expected }, cause);
  const message =
    code === 'ERR_BUFFER_TOO_LARGE'
      ? 'the file holds more data than its header declares'
      : 'the compressed data are damaged';
  return new FlcError('DATA_ERROR', message, {
    details: { zlibCode: code, expected },
    remedy: 'copy or export the file again',
    cause,
  });
}

type StoredData = VoxelData | BigInt64Array | BigUint64Array;

function toVoxels(stored: Uint8Array, header: NiftiHeader): StoredData {
  const array =
    header.dtype === 'int64'
      ? BigInt64Array
      : header.dtype === 'uint64'
        ? BigUint64Array
        : voxelArrays[header.dtype];
  const size = header.bytesPerVoxel;
  const inPlace = stored.byteOffset % size === 0 && header.littleEndian;
  const bytes = inPlace ? stored : Uint8Array.from(stored);
  if (!header.littleEndian) swapBytes(bytes, size);
  return new array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / size);
}

function swapBytes(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else if (size === 8) buffer.swap64();
}

/**
 * Applies scl_slope and scl_inter. float32 is exact for 8 and 16 bit integers with the usual
 * slopes; wider types keep float64.
 */
function rescale(data: StoredData, header: NiftiHeader): VoxelData {
  const { slope, intercept } = header;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Float64Array.from(data, (v) => Number(v) * slope + intercept);
  }
  if (slope === 1 && intercept === 0) return data;
  const narrow = data.BYTES_PER_ELEMENT <= 2 || data instanceof Float32Array;
  const out = narrow ? new Float32Array(data.length) : new Float64Array(data.length);
  for (let i = 0; i < data.length; i += 1) out[i] = (data[i] as number) * slope + intercept;
  return out;
}
