import { FlcError } from '@flc-native/errors';
import type { CaseFinding } from '../check/finding.js';
import { type Grid, makeVolume, type Volume, voxelCount } from '../volume/volume.js';
import { badDicom, badTag, inFile } from './dicom-error.js';
import { items, text, unsigned } from './element-values.js';
import { maskFindings } from './mask-findings.js';
import type { PixelLayout } from './pixel-layout.js';
import { planesOnGrid } from './planes-on-grid.js';
import { readFrames, readPixelData } from './read-frames.js';
import { type DicomHeader, readHeader } from './read-header.js';
import { type DicomSegment, segmentationOf } from './segmentation.js';
import { type DicomSlice, slicesOf } from './slice.js';
import { placeOf } from './slice-order.js';
import { tags } from './tags.js';

const segmentationType = 'x00620001';
const maximumFractionalValue = 'x0062000e';
const segmentIdentificationSequence = 'x0062000a';
const referencedSegmentNumber = 'x0062000b';

/** A voxel of a fractional segment belongs to it from this part on. */
const fractionalThreshold = 0.5;

/**
 * A segment as a mask (0/1, uint8) on `onto`, placed by geometry: each voxel takes the nearest
 * pixel of the nearest frame, if one lies within half a slice spacing of the segmentation. Frames
 * that a segment lacks are empty. `segment` is its number, label or code meaning; it may be left
 * out where there is one segment. DATA_ERROR for a damaged file or an unknown segment,
 * GEOMETRY_MISMATCH if no voxel of the segment lies on the grid.
 */
export async function readDicomSegmentation(
  file: string,
  segment: number | string | undefined,
  onto: Grid,
  onWarning: (finding: CaseFinding) => void = () => undefined,
): Promise<Volume> {
  try {
    const header = await readHeader(file);
    if (header === undefined) throw badDicom('not a DICOM file');
    const { frameOfReference } = segmentationOf(header, file);
    maskFindings(header, frameOfReference, onto, file).forEach(onWarning);
    return await place(header, file, segment, onto);
  } catch (thrown) {
    throw inFile(thrown, file);
  }
}

async function place(
  header: DicomHeader,
  file: string,
  wanted: number | string | undefined,
  onto: Grid,
): Promise<Volume> {
  const { segments } = segmentationOf(header, file);
  const { number } = chooseSegment(segments, wanted);
  const all = slicesOf(header, file);
  const frames = framesOf(header, all, number);
  const masks = await readMasks(header, frames, number);
  const planes = frames.map((slice, i) => ({ slice, mask: masks[i] as Uint8Array }));
  const drawn = masks.some((mask) => mask.includes(1));
  const data = new Uint8Array(voxelCount(onto.size));
  const marked = planesOnGrid(planes, planeSpacing(all), onto, data);
  if (drawn && marked === 0) {
    throw new FlcError('GEOMETRY_MISMATCH', 'the segment lies beside the image', {
      details: { segment: number },
      remedy: 'check that the segmentation belongs to this series',
    });
  }
  return makeVolume(onto, data);
}

function chooseSegment(
  segments: readonly DicomSegment[],
  wanted: number | string | undefined,
): DicomSegment {
  const named = String(wanted).trim().toLowerCase();
  const found = segments.filter(({ number, label, codeMeaning }) =>
    wanted === undefined
      ? number !== 0
      : number === wanted ||
        [label, codeMeaning].some((name) => name?.trim().toLowerCase() === named),
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const numbers = segments.map(({ number }) => number);
  throw new FlcError(
    'DATA_ERROR',
    found.length === 0
      ? 'DICOM: the segmentation has no such segment'
      : `DICOM: ${found.length} segments of the segmentation fit`,
    {
      details: { segments: numbers },
      remedy: `name one by its number: ${numbers.join(', ')}`,
    },
  );
}

/** The frames that may hold the segment; of a label map all. */
function framesOf(header: DicomHeader, slices: DicomSlice[], number: number): DicomSlice[] {
  if (isLabelMap(header)) return slices;
  const { dataSet } = header;
  const shared = items(dataSet, tags.sharedFunctionalGroups)[0];
  const perFrame = items(dataSet, tags.perFrameFunctionalGroups);
  const frames = slices.filter(({ frame }) => {
    const groups = [perFrame[frame], shared].flatMap((group) => group ?? []);
    const id = groups.flatMap((group) => items(group, segmentIdentificationSequence))[0];
    const own = id && unsigned(id, referencedSegmentNumber, 'referenced segment number');
    if (own === undefined) {
      throw badTag(segmentIdentificationSequence, 'segment identification', 'is missing');
    }
    return own === number;
  });
  if (frames.length > 0) return frames;
  throw badDicom('the segment has no frames', { segment: number });
}

function isLabelMap({ dataSet }: DicomHeader): boolean {
  return text(dataSet, segmentationType, 'segmentation type')?.toUpperCase() === 'LABELMAP';
}

async function readMasks(
  header: DicomHeader,
  frames: readonly DicomSlice[],
  number: number,
): Promise<Uint8Array[]> {
  const [front] = frames as [DicomSlice];
  const { file, pixels } = front.facts;
  if (pixels.bitsAllocated === 1) {
    if (pixels.encoding !== 'native') {
      throw badTag(tags.transferSyntaxUid, 'transfer syntax', 'is not supported for one-bit masks');
    }
    const bytes = await readPixelData(file, pixels);
    return frames.map(({ frame }) => unpackBits(bytes, pixels, frame));
  }
  const isIn = valueTest(header, number);
  const masks: Uint8Array[] = [];
  const sources = frames.map(({ frame }) => ({ file, frame, layout: pixels }));
  await readFrames(sources, (i, stored) => {
    masks[i] = Uint8Array.from(stored, (v) => (isIn(v) ? 1 : 0));
  });
  return masks;
}

function valueTest(header: DicomHeader, number: number): (value: number) => boolean {
  if (isLabelMap(header)) return (value) => value === number;
  const fractional =
    text(header.dataSet, segmentationType, 'segmentation type')?.toUpperCase() === 'FRACTIONAL';
  if (!fractional) return (value) => value !== 0;
  const name = 'maximum fractional value';
  const largest = unsigned(header.dataSet, maximumFractionalValue, name) ?? 255;
  return (value) => value >= fractionalThreshold * largest;
}

/** Bits of a frame, the lowest of a byte first; frames follow without a gap (PS3.5, 8.1.1). */
function unpackBits(bytes: Uint8Array, { rows, columns }: PixelLayout, frame: number): Uint8Array {
  const pixels = rows * columns;
  const mask = new Uint8Array(pixels);
  const start = frame * pixels;
  for (let i = 0; i < pixels; i += 1) {
    mask[i] = ((bytes[(start + i) >> 3] as number) >> ((start + i) & 7)) & 1;
  }
  return mask;
}

/**
 * Distance of the planes of a segmentation, mm. Empty planes are often left out, so that the least
 * distance may be too large: the header is believed where the distances are multiples of it.
 */
function planeSpacing(slices: readonly DicomSlice[]): number {
  const places = slices.map(placeOf).sort((a, b) => a - b);
  const gaps = places
    .slice(1)
    .map((p, i) => p - (places[i] as number))
    .filter((gap) => gap > 0.01);
  const [front] = slices as [DicomSlice];
  const told = front.spacingBetweenSlices ?? front.sliceThickness;
  if (gaps.length === 0) return told ?? 1;
  const least = Math.min(...gaps);
  const times = told === undefined ? 0 : Math.round(least / told);
  return told !== undefined && times >= 1 && Math.abs(least - times * told) <= 0.02 * told
    ? told
    : least;
}
