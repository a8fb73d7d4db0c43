import type { Vector3 } from '../volume/volume.js';
import { badTag } from './dicom-error.js';
import {
  characterSets,
  decimal,
  decimals,
  items,
  text,
  texts,
  uid,
  unsigned,
  whole,
} from './element-values.js';
import type { DataSet } from './parse-data-set.js';
import { type PixelLayout, pixelLayout } from './pixel-layout.js';
import type { DicomHeader } from './read-header.js';
import { tags } from './tags.js';

/** Facts of a file that all its frames share. Names stay on the side of dataset.yaml. */
export interface DicomFileFacts {
  readonly file: string;
  readonly modality: string;
  readonly pixels: PixelLayout;
  readonly patient: { readonly id?: string; readonly name?: string };
  readonly seriesUid?: string | undefined;
  readonly studyUid?: string | undefined;
  readonly instanceUid?: string | undefined;
  readonly frameOfReference?: string | undefined;
  readonly studyDate?: string | undefined;
  readonly seriesDescription?: string | undefined;
  readonly protocolName?: string | undefined;
  readonly seriesNumber?: number | undefined;
  readonly contrastAgent?: string | undefined;
  readonly convolutionKernel?: string | undefined;
  readonly imageType?: string[] | undefined;
  readonly contentTime?: string | undefined;
  readonly characterSets: readonly string[];
}

/** One image plane: a file, or a frame of a multi-frame file. Lengths in mm, LPS. */
export interface DicomSlice {
  readonly facts: DicomFileFacts;
  /** Frame within the file, from 0. */
  readonly frame: number;
  /** Centre of the first pixel. */
  readonly position: Vector3;
  /** Unit vectors along a row (to the next column) and along a column. */
  readonly orientation: readonly number[];
  /** Between columns and between rows: x and y. */
  readonly pixelSpacing: readonly [number, number];
  readonly sliceThickness?: number | undefined;
  readonly spacingBetweenSlices?: number | undefined;
  readonly slope: number;
  readonly intercept: number;
  readonly acquisition?: number | undefined;
  readonly acquisitionTime?: string | undefined;
  readonly temporalPosition?: number | undefined;
  readonly echo?: string | undefined;
  readonly bValue?: number | undefined;
  readonly stackId?: string | undefined;
  readonly frameType?: string | undefined;
  readonly instanceNumber?: number | undefined;
}

/** The planes of an image file. DATA_ERROR with the tag for what is absent or damaged. */
export function slicesOf(header: DicomHeader, file: string): DicomSlice[] {
  const { dataSet } = header;
  const facts = fileFacts(header, file);
  const shared = items(dataSet, tags.sharedFunctionalGroups)[0];
  const perFrame = items(dataSet, tags.perFrameFunctionalGroups);
  const { frames } = facts.pixels;
  if (perFrame.length === 0) {
    if (frames > 1) {
      throw badTag(
        tags.perFrameFunctionalGroups,
        'per-frame functional groups',
        'is missing: the places of the frames are not known',
        { frames },
      );
    }
    return [slice(facts, 0, [dataSet])];
  }
  if (perFrame.length !== frames) {
    throw badTag(tags.numberOfFrames, 'number of frames', 'contradicts the functional groups', {
      expected: perFrame.length,
      got: frames,
    });
  }
  return perFrame.map((group, frame) => {
    const own = macros(group);
    const common = shared === undefined ? [] : macros(shared);
    return slice(facts, frame, [...own, ...common, dataSet]);
  });
}

/** The macros of a functional group, as places to look for an attribute. */
function macros(group: DataSet): DataSet[] {
  return [
    tags.frameContentSequence,
    tags.planePositionSequence,
    tags.planeOrientationSequence,
    tags.pixelMeasuresSequence,
    tags.pixelValueTransformationSequence,
    'x00189329', // CT image frame type
    'x00189226', // MR image frame type
    'x00189114', // MR echo
    'x00189117', // MR diffusion
  ].flatMap((tag) => items(group, tag).slice(0, 1));
}

function fileFacts(header: DicomHeader, file: string): DicomFileFacts {
  const { dataSet, meta, fileBytes } = header;
  const own = (tag: string, name: string) => text(dataSet, tag, name);
  const id = own(tags.patientId, 'patient ID');
  const name = own(tags.patientName, 'patient name');
  return {
    file,
    modality: own(tags.modality, 'modality') ?? '',
    pixels: pixelLayout(header, fileBytes),
    patient: { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) },
    seriesUid: uid(dataSet, tags.seriesInstanceUid, 'series instance UID'),
    studyUid: uid(dataSet, tags.studyInstanceUid, 'study instance UID'),
    instanceUid: uid(dataSet, tags.sopInstanceUid, 'SOP instance UID') ?? meta.sopInstanceUid,
    frameOfReference: uid(dataSet, tags.frameOfReferenceUid, 'frame of reference UID'),
    studyDate: own(tags.studyDate, 'study date'),
    seriesDescription: own(tags.seriesDescription, 'series description'),
    protocolName: own(tags.protocolName, 'protocol name'),
    seriesNumber: whole(dataSet, tags.seriesNumber, 'series number'),
    contrastAgent: own(tags.contrastAgent, 'contrast agent'),
    convolutionKernel: own(tags.convolutionKernel, 'convolution kernel'),
    imageType: texts(dataSet, tags.imageType, 'image type'),
    contentTime: own(tags.contentTime, 'content time'),
    characterSets: characterSets(dataSet),
  };
}

/** The first place that has the attribute wins: frame, then shared, then the data set. */
function first<T>(places: readonly DataSet[], read: (place: DataSet) => T | undefined) {
  for (const place of places) {
    const value = read(place);
    if (value !== undefined) return value;
  }
  return undefined;
}

function slice(facts: DicomFileFacts, frame: number, places: readonly DataSet[]): DicomSlice {
  const get = {
    number: (tag: string, name: string) => first(places, (p) => decimal(p, tag, name)),
    numbers: (tag: string, name: string, count: number) =>
      first(places, (p) => decimals(p, tag, name, count)),
    whole: (tag: string, name: string) => first(places, (p) => whole(p, tag, name)),
    text: (tag: string, name: string) => first(places, (p) => text(p, tag, name)),
  };
  const position = get.numbers(tags.imagePosition, 'image position', 3);
  if (position === undefined) throw badTag(tags.imagePosition, 'image position', 'is missing');
  const spacing = get.numbers(tags.pixelSpacing, 'pixel spacing', 2);
  if (spacing === undefined) throw badTag(tags.pixelSpacing, 'pixel spacing', 'is missing');
  if (!spacing.every((mm) => mm >= 1e-3 && mm <= 1e3)) {
    throw badTag(tags.pixelSpacing, 'pixel spacing', 'is out of range', { got: spacing });
  }
  if (places.some((p) => items(p, tags.modalityLutSequence).length > 0)) {
    throw badTag(tags.modalityLutSequence, 'modality LUT', 'is not supported');
  }
  const slope = get.number(tags.rescaleSlope, 'rescale slope') ?? 1;
  if (slope === 0) throw badTag(tags.rescaleSlope, 'rescale slope', 'is 0');
  const [first_, ...rest] = spacing as [number, number];
  return {
    facts,
    frame,
    position: position as unknown as Vector3,
    orientation: orientation(get.numbers(tags.imageOrientation, 'image orientation', 6)),
    // The tag gives rows first: the distance between rows is along y (PS3.3 10.7.1.3).
    pixelSpacing: [rest[0] as number, first_],
    sliceThickness: positive(get.number(tags.sliceThickness, 'slice thickness')),
    spacingBetweenSlices: positive(get.number(tags.spacingBetweenSlices, 'spacing between slices')),
    slope,
    intercept: get.number(tags.rescaleIntercept, 'rescale intercept') ?? 0,
    acquisition:
      get.whole(tags.acquisitionNumber, 'acquisition number') ??
      first(places, (p) => unsigned(p, tags.frameAcquisitionNumber, 'frame acquisition number')),
    acquisitionTime:
      get.text(tags.acquisitionTime, 'acquisition time') ??
      get.text(tags.frameAcquisitionDateTime, 'frame acquisition date and time')?.slice(8) ??
      get.text(tags.acquisitionDateTime, 'acquisition date and time')?.slice(8),
    temporalPosition:
      get.whole(tags.temporalPosition, 'temporal position') ??
      get.whole(tags.temporalPositionIndex, 'temporal position index'),
    echo: get.text(tags.echoNumbers, 'echo numbers'),
    bValue: get.number(tags.diffusionBValue, 'diffusion b-value'),
    stackId: get.text(tags.stackId, 'stack ID'),
    frameType: get.text('x00089007', 'frame type'),
    instanceNumber: get.whole(tags.instanceNumber, 'instance number'),
  };
}

/** Cosines are written with few digits; larger faults are faults. */
const maxCosineError = 1e-2;

function orientation(cosines: number[] | undefined): number[] {
  const name = 'image orientation';
  if (cosines === undefined) throw badTag(tags.imageOrientation, name, 'is missing');
  const [row, column] = [cosines.slice(0, 3), cosines.slice(3)];
  const across = row.reduce((sum, v, i) => sum + v * (column[i] as number), 0);
  const lengths = [Math.hypot(...row), Math.hypot(...column)] as const;
  const wrong = Math.max(Math.abs(across), ...lengths.map((l) => Math.abs(l - 1)));
  if (wrong > maxCosineError) {
    throw badTag(tags.imageOrientation, name, 'is not a pair of unit vectors at a right angle', {
      got: cosines,
    });
  }
  // Gram-Schmidt: rounded digits become exact axes.
  const x = row.map((v) => v / lengths[0]);
  const along = x.reduce((sum, v, i) => sum + v * (column[i] as number), 0);
  const y = column.map((v, i) => v - along * (x[i] as number));
  const length = Math.hypot(...y);
  return [...x, ...y.map((v) => v / length)];
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
