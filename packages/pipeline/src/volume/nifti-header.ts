/**
 * The 348-byte header of NIfTI-1 (https://nifti.nimh.nih.gov/pub/dist/src/niftilib/nifti1.h).
 * Names of fields are those of nifti1.h.
 */
import { FlcError } from '@flc-native/errors';
import { type Affine, gridFromRasAffine, rasAffineOf } from './geometry.js';
import { affineToQuaternion, quaternionToAffine } from './nifti-quaternion.js';
import type { Grid, Vector3, VoxelDtype } from './volume.js';

export const niftiHeaderBytes = 348;
/** Header, then the four bytes that say that no extension follows. */
export const niftiDataOffset = 352;

/** int64 exists in files (masks made with numpy's default) and is read as float64. */
export type NiftiDtype = VoxelDtype | 'int64' | 'uint64';

const datatypes: Readonly<Record<number, { dtype: NiftiDtype; bytes: number }>> = {
  2: { dtype: 'uint8', bytes: 1 },
  4: { dtype: 'int16', bytes: 2 },
  8: { dtype: 'int32', bytes: 4 },
  16: { dtype: 'float32', bytes: 4 },
  64: { dtype: 'float64', bytes: 8 },
  256: { dtype: 'int8', bytes: 1 },
  512: { dtype: 'uint16', bytes: 2 },
  768: { dtype: 'uint32', bytes: 4 },
  1024: { dtype: 'int64', bytes: 8 },
  1280: { dtype: 'uint64', bytes: 8 },
};

export interface NiftiHeader {
  readonly grid: Grid;
  readonly dtype: NiftiDtype;
  readonly bytesPerVoxel: number;
  readonly littleEndian: boolean;
  /** Byte at which the voxels start. */
  readonly dataOffset: number;
  /** value = stored * slope + intercept; 1 and 0 where the header has no scaling. */
  readonly slope: number;
  readonly intercept: number;
}

/** Parses and checks the header. DATA_ERROR for anything but a readable 3D NIfTI-1 image. */
export function parseNiftiHeader(bytes: Uint8Array): NiftiHeader {
  if (bytes.byteLength < niftiHeaderBytes) {
    throw refused('the file is truncated: shorter than a NIfTI header', { got: bytes.byteLength });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, niftiHeaderBytes);
  const littleEndian = view.getInt32(0, true) === niftiHeaderBytes;
  if (!littleEndian && view.getInt32(0, false) !== niftiHeaderBytes) {
    throw refused('not a NIfTI-1 file', { sizeof_hdr: view.getInt32(0, true) });
  }
  const magic = Buffer.from(bytes.subarray(344, 348)).toString('latin1');
  if (magic !== 'n+1\0') {
    throw refused('not a single-file NIfTI-1 image (magic n+1)', { magic: printable(magic) });
  }
  const code = view.getInt16(70, littleEndian);
  const bitpix = view.getInt16(72, littleEndian);
  const type = datatypes[code];
  if (type === undefined) throw refused('unsupported NIfTI datatype', { datatype: code });
  if (bitpix !== type.bytes * 8) {
    throw refused('datatype and bitpix contradict each other', { datatype: code, bitpix });
  }
  const dataOffset = view.getFloat32(108, littleEndian);
  if (!Number.isInteger(dataOffset) || dataOffset < niftiHeaderBytes) {
    throw refused('vox_offset is not valid', { vox_offset: dataOffset });
  }
  const { slope, intercept } = readScaling(view, littleEndian);
  const grid = readGrid(view, readSize(view, littleEndian), littleEndian);
  return {
    grid,
    dtype: type.dtype,
    bytesPerVoxel: type.bytes,
    littleEndian,
    dataOffset,
    slope,
    intercept,
  };
}

/** Writes the header of a grid with both qform and sform, codes 1 (scanner coordinates), in mm. */
export function formatNiftiHeader(grid: Grid, dtype: VoxelDtype): Uint8Array {
  const bytes = Buffer.alloc(niftiDataOffset);
  const [code, type] = Object.entries(datatypes).find(([, t]) => t.dtype === dtype) as [
    string,
    { bytes: number },
  ];
  bytes.writeInt32LE(niftiHeaderBytes, 0);
  [3, ...grid.size, 1, 1, 1, 1].forEach((n, i) => {
    bytes.writeInt16LE(n, 40 + 2 * i);
  });
  bytes.writeInt16LE(Number(code), 70);
  bytes.writeInt16LE(type.bytes * 8, 72);
  const affine = rasAffineOf(grid);
  const { quaternion, qfac } = affineToQuaternion(affine, grid.spacing);
  [qfac, ...grid.spacing, 0, 0, 0, 0].forEach((n, i) => {
    bytes.writeFloatLE(n, 76 + 4 * i);
  });
  bytes.writeFloatLE(niftiDataOffset, 108);
  bytes.writeFloatLE(1, 112);
  bytes[123] = 2; // xyzt_units: mm
  bytes.writeInt16LE(1, 252);
  bytes.writeInt16LE(1, 254);
  [...quaternion, affine[3] as number, affine[7] as number, affine[11] as number].forEach(
    (n, i) => {
      bytes.writeFloatLE(n, 256 + 4 * i);
    },
  );
  affine.forEach((n, i) => {
    bytes.writeFloatLE(n, 280 + 4 * i);
  });
  bytes.write('n+1\0', 344, 'latin1');
  return bytes;
}

function readSize(view: DataView, littleEndian: boolean): Vector3 {
  const dim = Array.from({ length: 8 }, (_, i) => view.getInt16(40 + 2 * i, littleEndian));
  const rank = dim[0] as number;
  if (rank < 2 || rank > 7) throw refused('dim[0] is not between 2 and 7', { dim });
  const used = dim.slice(1, rank + 1);
  if (used.some((n) => n < 1)) throw refused('a dimension is not positive', { dim });
  if (used.slice(3).some((n) => n !== 1)) {
    throw refused('the image has more than three dimensions', { dim }, 'give one file per phase');
  }
  return [used[0] as number, used[1] as number, used[2] ?? 1];
}

/** scl_slope 0 means that there is no scaling (nifti1.h, "DATA SCALING"). */
function readScaling(view: DataView, littleEndian: boolean): { slope: number; intercept: number } {
  const slope = view.getFloat32(112, littleEndian);
  const intercept = view.getFloat32(116, littleEndian);
  if (slope === 0 || !Number.isFinite(slope)) return { slope: 1, intercept: 0 };
  return { slope, intercept: Number.isFinite(intercept) ? intercept : 0 };
}

/**
 * sform where its code is set (as nibabel does), else qform, else pixdim alone (methods 3, 2 and 1
 * of nifti1.h). A sheared or singular sform gives way to a valid qform.
 */
function readGrid(view: DataView, size: Vector3, littleEndian: boolean): Grid {
  const float = (at: number) => view.getFloat32(at, littleEndian);
  const hasQform = view.getInt16(252, littleEndian) > 0;
  const qform = () => gridFromRasAffine(size, readQform(float));
  if (view.getInt16(254, littleEndian) > 0) {
    try {
      return gridFromRasAffine(
        size,
        Array.from({ length: 12 }, (_, i) => float(280 + 4 * i)),
      );
    } catch (error) {
      if (!hasQform) throw error;
      return qform();
    }
  }
  if (hasQform) return qform();
  const [x, y, z] = [1, 2, 3].map((i) => Math.abs(float(76 + 4 * i))) as [number, number, number];
  // Method 1 has no orientation; like nibabel and ITK we then take the scanner's usual RAS order
  // without an origin. `check` points at such files.
  return gridFromRasAffine(size, [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0]);
}

function readQform(float: (at: number) => number): Affine {
  return quaternionToAffine({
    quaternion: [float(256), float(260), float(264)],
    offset: [float(268), float(272), float(276)],
    spacing: [Math.abs(float(80)), Math.abs(float(84)), Math.abs(float(88))],
    qfac: float(76) < 0 ? -1 : 1,
  });
}

function printable(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function refused(
  message: string,
  details: Record<string, unknown>,
  remedy = 'convert the file to a 3D NIfTI-1 image of a plain number type',
): FlcError {
  return new FlcError('DATA_ERROR', message, { details, remedy });
}
