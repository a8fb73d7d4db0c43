import { isDataError } from '../case/data-error.js';
import { readDicomStack } from '../dicom/read-dicom-stack.js';
import { readDicomSegmentation } from '../dicom/read-segmentation.js';
import { readStructureSet } from '../dicom/read-structure-set.js';
import type { DicomStack } from '../dicom/stack.js';
import { type OrganHu, type OrganMask, type OrganName, organHu } from '../phase-rules/organ-hu.js';
import type { Volume } from '../volume/volume.js';
import type { ImportedImage, SourceRef } from './imported.js';

/** Masks of a study by organ. */
export type OrganSources = Readonly<Partial<Record<OrganName, SourceRef>>>;

/** The image with a way to measure the organs that the study has masks of. */
export function withOrgans(
  image: ImportedImage,
  stack: DicomStack,
  organs: OrganSources,
): ImportedImage {
  if (Object.keys(organs).length === 0) return image;
  return { ...image, organs: () => measure(stack, organs) };
}

async function measure(stack: DicomStack, organs: OrganSources): Promise<OrganHu | undefined> {
  const volume = await readDicomStack(stack).catch(unusable);
  if (volume === undefined) return undefined;
  const masks: Partial<Record<OrganName, OrganMask>> = {};
  for (const [organ, input] of Object.entries(organs) as [OrganName, SourceRef][]) {
    const mask = await readMask(input, volume).catch(unusable);
    if (mask !== undefined) masks[organ] = { mask };
  }
  return organHu(volume, masks);
}

async function readMask(input: SourceRef, onto: Volume): Promise<Volume | undefined> {
  if (typeof input === 'string') return undefined;
  if (input.roi !== undefined) return readStructureSet(input.dicom, input.roi, onto);
  return readDicomSegmentation(input.dicom, input.segment, onto);
}

/** A damaged object, or a mask that does not fit this phase, measures nothing; what else fails is no matter of the data. */
function unusable(thrown: unknown): undefined {
  if (isDataError(thrown)) return undefined;
  throw thrown;
}
