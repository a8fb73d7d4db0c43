import { maxVoxelBytes } from '../volume/limits.js';
import { badDicom, badTag } from './dicom-error.js';
import { text, unsigned, whole } from './element-values.js';
import type { ParsedDicom } from './parse-data-set.js';
import { tags } from './tags.js';
import type { PixelEncoding } from './transfer-syntax.js';

/** How the pixels of a file are stored, held against the size of the file; plain data. */
export interface PixelLayout {
  readonly syntaxUid: string;
  readonly encoding: PixelEncoding;
  readonly bigEndian: boolean;
  /** True where `offset` counts in the inflated data set instead of the file. */
  readonly deflated: boolean;
  /** First byte of the value of the pixel data element, and how many there are. */
  readonly offset: number;
  readonly length: number;
  /** Where the data set begins in the file. */
  readonly dataSetOffset: number;
  readonly fileBytes: number;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly bitsAllocated: number;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  /** Stored values of pixels outside the field of view: lowest and highest (PS3.3 C.7.5.1.1.2). */
  readonly padding?: readonly [number, number] | undefined;
}

/** One image of 8192 x 8192 is more than any scanner writes. */
const maxSide = 8192;
const maxFrames = 65_536;
/** Pixel data of undefined length: encapsulated. */
const undefinedLength = 0xffffffff;

/**
 * Reads how pixels are stored. What the header declares is held against the file before anything
 * is allocated. DATA_ERROR with the tag for what is absent, absurd or unsupported.
 */
export function pixelLayout({ meta, dataSet, bytes }: ParsedDicom, fileBytes: number): PixelLayout {
  for (const tag of [tags.floatPixelData, tags.doubleFloatPixelData]) {
    if (dataSet.elements[tag]) throw badTag(tag, 'float pixel data', 'is not supported');
  }
  const element = dataSet.elements[tags.pixelData];
  if (element === undefined) throw badTag(tags.pixelData, 'pixel data', 'is missing');
  const side = (tag: string, name: string) => {
    const value = required(unsigned(dataSet, tag, name), tag, name);
    if (value === 0 || value > maxSide) throw badTag(tag, name, 'is out of range', { got: value });
    return value;
  };
  const [rows, columns] = [side(tags.rows, 'rows'), side(tags.columns, 'columns')];
  const frames = whole(dataSet, tags.numberOfFrames, 'number of frames') ?? 1;
  if (frames < 1 || frames > maxFrames) {
    throw badTag(tags.numberOfFrames, 'number of frames', 'is out of range', { got: frames });
  }
  const samples = unsigned(dataSet, tags.samplesPerPixel, 'samples per pixel') ?? 1;
  if (samples !== 1) {
    throw badTag(tags.samplesPerPixel, 'samples per pixel', 'is not 1: a colour image', {
      got: samples,
    });
  }
  const photometric = text(dataSet, tags.photometricInterpretation, 'photometric interpretation');
  if (photometric?.startsWith('PALETTE')) {
    throw badTag(tags.photometricInterpretation, 'photometric interpretation', 'is a palette');
  }
  const layout = {
    syntaxUid: meta.syntax.uid,
    encoding: meta.syntax.encoding,
    bigEndian: meta.syntax.bigEndian,
    deflated: meta.syntax.deflated,
    offset: (meta.syntax.deflated ? 0 : meta.dataSetOffset) + element.dataOffset,
    dataSetOffset: meta.dataSetOffset,
    fileBytes,
    ...{ rows, columns, frames },
    ...bits(dataSet),
  };
  const available = (meta.syntax.deflated ? bytes.length : fileBytes) - layout.offset;
  const length = checkLength(layout, element.length, available);
  return { ...layout, length, padding: padding(dataSet, layout) };
}

function bits(dataSet: ParsedDicom['dataSet']) {
  const bitsAllocated = required(
    unsigned(dataSet, tags.bitsAllocated, 'bits allocated'),
    tags.bitsAllocated,
    'bits allocated',
  );
  if (![1, 8, 16, 32].includes(bitsAllocated)) {
    throw badTag(tags.bitsAllocated, 'bits allocated', 'is not supported', { got: bitsAllocated });
  }
  const bitsStored = unsigned(dataSet, tags.bitsStored, 'bits stored') ?? bitsAllocated;
  if (bitsStored < 1 || bitsStored > bitsAllocated) {
    throw badTag(tags.bitsStored, 'bits stored', 'is out of range', { got: bitsStored });
  }
  const highBit = unsigned(dataSet, tags.highBit, 'high bit') ?? bitsStored - 1;
  if (highBit < bitsStored - 1 || highBit >= bitsAllocated) {
    throw badTag(tags.highBit, 'high bit', 'is out of range', { got: highBit });
  }
  const representation = unsigned(dataSet, tags.pixelRepresentation, 'pixel representation') ?? 0;
  if (representation > 1) {
    throw badTag(tags.pixelRepresentation, 'pixel representation', 'is neither 0 nor 1');
  }
  return { bitsAllocated, bitsStored, highBit, signed: representation === 1 };
}

type Declared = Omit<PixelLayout, 'length' | 'padding'>;

/** Holds the declared pixels against what the file has; returns the bytes of the element. */
function checkLength(layout: Declared, declared: number, available: number): number {
  const { rows, columns, frames, bitsAllocated, encoding } = layout;
  const voxels = rows * columns * frames;
  const needed = Math.ceil((voxels * bitsAllocated) / 8);
  if (voxels * Math.max(1, bitsAllocated / 8) > maxVoxelBytes) {
    throw badTag(tags.pixelData, 'pixel data', 'would hold more pixels than are supported', {
      declared: { rows, columns, frames, bitsAllocated },
      largest: maxVoxelBytes,
    });
  }
  if (declared === 0) throw badTag(tags.pixelData, 'pixel data', 'is empty');
  if (encoding !== 'native') {
    if (declared === undefinedLength) return Math.max(0, available);
    if (declared <= available) return declared;
    throw badTag(tags.pixelData, 'pixel data', 'ends too early', { declared, available });
  }
  if (declared === undefinedLength) {
    throw badTag(tags.pixelData, 'pixel data', 'has no length in an uncompressed file');
  }
  if (declared > available || declared < needed) {
    throw badTag(tags.pixelData, 'pixel data', 'ends too early', {
      ...{ needed, declared, available },
      size: { rows, columns, frames, bitsAllocated },
    });
  }
  // One byte may pad to an even length; much more means that rows or columns are wrong.
  if (declared > needed + 1 + needed / 100) {
    throw badTag(tags.pixelData, 'pixel data', 'does not fit rows, columns and frames', {
      ...{ needed, declared },
      size: { rows, columns, frames, bitsAllocated },
    });
  }
  return declared;
}

/** Padding as the pixels are: writers mix up US and SS, the pixel representation decides. */
function padding(
  dataSet: ParsedDicom['dataSet'],
  layout: Declared,
): readonly [number, number] | undefined {
  const read = (tag: string, name: string): number | undefined => {
    const value = unsigned(dataSet, tag, name, ['US', 'SS']);
    if (value === undefined) return undefined;
    return layout.signed ? (value << 16) >> 16 : value;
  };
  const value = read(tags.pixelPaddingValue, 'pixel padding value');
  if (value === undefined) return undefined;
  const limit = read(tags.pixelPaddingRangeLimit, 'pixel padding range limit') ?? value;
  return [Math.min(value, limit), Math.max(value, limit)];
}

function required(value: number | undefined, tag: string, name: string): number {
  if (value === undefined) throw badTag(tag, name, 'is missing');
  return value;
}

/** Refuses pixels of an element that a reader of images does not expect. */
export function requireIntegers({ bitsAllocated }: PixelLayout, file: string): void {
  if (bitsAllocated > 1) return;
  throw badDicom('a one-bit image is no CT or MR image', { file });
}
