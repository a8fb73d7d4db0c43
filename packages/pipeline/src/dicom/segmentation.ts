import { items, text, uid, unsigned } from './element-values.js';
import type { DicomHeader } from './read-header.js';
import { tags } from './tags.js';

/** A segmentation object: which masks it holds. */
export interface DicomSegmentation {
  readonly file: string;
  readonly segments: readonly DicomSegment[];
  readonly studyUid?: string | undefined;
  readonly seriesUid?: string | undefined;
  /** Series on which it was drawn; a hint only, masks are placed by geometry. */
  readonly referencedSeries?: string | undefined;
  readonly frameOfReference?: string | undefined;
}

export interface DicomSegment {
  readonly number: number;
  readonly label: string;
  readonly codeMeaning?: string | undefined;
}

const segmentSequence = 'x00620002';
const segmentNumber = 'x00620004';
const segmentLabel = 'x00620005';
const typeCodeSequence = 'x0062000f';
const codeMeaning = 'x00080104';

/** The segments of a segmentation object (PS3.3 C.8.20.2). */
export function segmentationOf({ dataSet }: DicomHeader, file: string): DicomSegmentation {
  const segments = items(dataSet, segmentSequence).flatMap((item) => {
    const number = unsigned(item, segmentNumber, 'segment number');
    if (number === undefined) return [];
    const code = items(item, typeCodeSequence)[0];
    const label = text(item, segmentLabel, 'segment label') ?? `segment ${number}`;
    const meaning = code && text(code, codeMeaning, 'code meaning');
    return [{ number, label, codeMeaning: meaning }];
  });
  const series = items(dataSet, tags.referencedSeriesSequence)[0];
  return {
    file,
    segments,
    studyUid: uid(dataSet, tags.studyInstanceUid, 'study instance UID'),
    seriesUid: uid(dataSet, tags.seriesInstanceUid, 'series instance UID'),
    referencedSeries: series && uid(series, tags.seriesInstanceUid, 'series instance UID'),
    frameOfReference: uid(dataSet, tags.frameOfReferenceUid, 'frame of reference UID'),
  };
}
