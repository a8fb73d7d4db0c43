import { items, text, uid, whole } from './element-values.js';
import type { DicomHeader } from './read-header.js';
import { tags } from './tags.js';

/** A structure set of radiotherapy: which contours it holds. */
export interface DicomStructureSet {
  readonly file: string;
  readonly rois: readonly { readonly number: number; readonly name: string }[];
  readonly studyUid?: string | undefined;
  readonly frameOfReference?: string | undefined;
}

const structureSetRoiSequence = 'x30060020';
const roiNumber = 'x30060022';
const roiName = 'x30060026';
const referencedFrameOfReferenceSequence = 'x30060010';

/** The regions of a structure set (PS3.3 C.8.8.5). */
export function structureSetOf({ dataSet }: DicomHeader, file: string): DicomStructureSet {
  const rois = items(dataSet, structureSetRoiSequence).flatMap((item) => {
    const number = whole(item, roiNumber, 'ROI number');
    if (number === undefined) return [];
    return [{ number, name: text(item, roiName, 'ROI name') ?? `ROI ${number}` }];
  });
  const frame = items(dataSet, referencedFrameOfReferenceSequence)[0];
  return {
    file,
    rois,
    studyUid: uid(dataSet, tags.studyInstanceUid, 'study instance UID'),
    frameOfReference:
      uid(dataSet, tags.frameOfReferenceUid, 'frame of reference UID') ??
      (frame && uid(frame, tags.frameOfReferenceUid, 'frame of reference UID')),
  };
}
