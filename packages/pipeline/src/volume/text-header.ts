/**
 * What NRRD and MetaImage headers declare, read before ITK sees the file: ITK allocates what a
 * header asks for. Both are lines of text followed by, or pointing at, the voxels.
 * NRRD: https://teem.sourceforge.net/nrrd/format.html; MetaImage: ITK, MetaIO documentation.
 */
import { FlcError } from '@flc-native/errors';

/** Bytes at the start of a file that hold the header of any image we accept. */
export const textHeaderBytes = 65536;

export interface DeclaredImage {
  readonly voxelBytes: number;
  readonly compressed: boolean;
  /** Bytes of the header, or of the whole head where no end was found. */
  readonly headerBytes: number;
  /** A second file with the voxels, in the same folder (MetaImage only). */
  readonly dataFile?: string;
}

const nrrdBytes: readonly (readonly [RegExp, number])[] = [
  [/^(signed char|int8|int8_t|uchar|unsigned char|uint8|uint8_t)$/, 1],
  [/^(short|short int|signed short|signed short int|int16|int16_t)$/, 2],
  [/^(ushort|unsigned short|unsigned short int|uint16|uint16_t)$/, 2],
  [/^(int|signed int|int32|int32_t|uint|unsigned int|uint32|uint32_t|float)$/, 4],
  [/^(longlong|long long|long long int|signed long long|signed long long int|int64|int64_t)$/, 8],
  [/^(ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t|double)$/, 8],
];

const metaBytes: Readonly<Record<string, number>> = {
  MET_CHAR: 1,
  MET_UCHAR: 1,
  MET_SHORT: 2,
  MET_USHORT: 2,
  MET_INT: 4,
  MET_UINT: 4,
  MET_LONG: 8,
  MET_ULONG: 8,
  MET_LONG_LONG: 8,
  MET_ULONG_LONG: 8,
  MET_FLOAT: 4,
  MET_DOUBLE: 8,
};

/** Declared size of an NRRD image. DATA_ERROR for a foreign, detached or non-3D file. */
export function parseNrrdHeader(head: Uint8Array): DeclaredImage {
  const text = Buffer.from(head).toString('latin1');
  if (!/^NRRD000[1-5]\r?\n/.test(text)) throw refused('not an NRRD file');
  const end = /\r?\n\r?\n/.exec(text);
  const fields = readFields(end === null ? text : text.slice(0, end.index), ':');
  if (fields.has('data file') || fields.has('datafile') || end === null) {
    throw refused('an NRRD header without its voxels', 'write the image as one .nrrd file');
  }
  const type = fields.get('type') ?? '';
  const bytes = nrrdBytes.find(([names]) => names.test(type.toLowerCase()))?.[1];
  return {
    voxelBytes: declaredBytes(fields.get('sizes'), bytes, type),
    compressed: (fields.get('encoding') ?? 'raw').toLowerCase() !== 'raw',
    headerBytes: end.index + end[0].length,
  };
}

/** Declared size of a MetaImage. DATA_ERROR for a foreign or non-3D file. */
export function parseMetaImageHeader(head: Uint8Array): DeclaredImage {
  const text = Buffer.from(head).toString('latin1');
  const last = /^[ \t]*ElementDataFile[ \t]*=[ \t]*([^\r\n]*?)[ \t]*(\r?\n|$)/m.exec(text);
  if (last === null) throw refused('not a MetaImage file (no ElementDataFile)');
  const fields = readFields(text.slice(0, last.index), '=');
  const type = fields.get('elementtype') ?? '';
  const channels = fields.get('elementnumberofchannels') ?? '1';
  if (channels !== '1') throw refused('the image has more than one value a voxel');
  const voxelBytes = declaredBytes(fields.get('dimsize'), metaBytes[type], type);
  const compressed = (fields.get('compresseddata') ?? 'false').toLowerCase() === 'true';
  const headerBytes = last.index + last[0].length;
  const name = last[1] as string;
  if (name === 'LOCAL') return { voxelBytes, compressed, headerBytes };
  // A name with a folder, a pattern or LIST could point anywhere.
  if (/[/\\%]|^LIST\b|^\.\.?$|^$/.test(name)) {
    throw refused('the voxels lie in another folder or in several files', 'write one .mha file');
  }
  return { voxelBytes, compressed, headerBytes, dataFile: name };
}

function readFields(text: string, separator: ':' | '='): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf(separator);
    if (at < 0 || line.startsWith('#')) continue;
    fields.set(line.slice(0, at).trim().toLowerCase(), line.slice(at + 1).trim());
  }
  return fields;
}

function declaredBytes(sizes: string | undefined, bytes: number | undefined, type: string): number {
  if (bytes === undefined) throw refused(`unsupported voxel type "${type.slice(0, 40)}"`);
  const size = (sizes ?? '').split(/\s+/).filter(Boolean).map(Number);
  if (size.length !== 3 || !size.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw refused('the image is not three-dimensional');
  }
  return size.reduce((product, n) => product * n, bytes);
}

function refused(message: string, remedy = 'convert the file to a 3D NIfTI, NRRD or MetaImage') {
  return new FlcError('DATA_ERROR', message, { remedy });
}
