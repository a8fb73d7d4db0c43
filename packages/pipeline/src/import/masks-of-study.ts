import type { DicomScan } from '../dicom/scan-dicom.js';
import type { DicomStack } from '../dicom/stack.js';

/** Masks as DICOM objects. */
export type MaskObjects = Pick<DicomScan, 'segmentations' | 'structureSets'>;
export type MaskObject = MaskObjects['segmentations' | 'structureSets'][number];

export const noMasks: MaskObjects = { segmentations: [], structureSets: [] };

export function allMasks({ segmentations, structureSets }: MaskObjects): MaskObject[] {
  return [...segmentations, ...structureSets];
}

/** Masks that may belong to a study. */
export interface MasksAround {
  /** Those in the folder of the study's patient. */
  readonly beside: MaskObjects;
  /** Those of folders without images. */
  readonly elsewhere: MaskObjects;
  /** Whether the patient's folder holds this study alone. */
  readonly alone: boolean;
}

/**
 * The masks of a study: all that name it or its frame of reference. Beside a study that is alone also those that name neither,
 * since many programs give a mask no study or a new one, and those of the folder can hardly mean other images; they are placed
 * by geometry, which refuses a mask beside the image. (Studies of other folders are not known here: one is read at a time.)
 */
export function masksOfStudy(
  stacks: readonly DicomStack[],
  { beside, elsewhere, alone }: MasksAround,
): MaskObjects {
  const studies = new Set(stacks.map(({ studyUid }) => studyUid));
  const frames = new Set(stacks.map(({ frameOfReference }) => frameOfReference));
  const isNamed = ({ studyUid, frameOfReference }: MaskObject) =>
    (studyUid !== undefined && studies.has(studyUid)) ||
    (frameOfReference !== undefined && frames.has(frameOfReference));
  // Where UIDs were taken away, a mask without a study belongs to the images without one.
  const isBeside = (mask: MaskObject) => alone || studies.has(mask.studyUid) || isNamed(mask);
  return {
    segmentations: [
      ...beside.segmentations.filter(isBeside),
      ...elsewhere.segmentations.filter(isNamed),
    ],
    structureSets: [
      ...beside.structureSets.filter(isBeside),
      ...elsewhere.structureSets.filter(isNamed),
    ],
  };
}
