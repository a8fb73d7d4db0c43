import { FlcError } from '@flc-native/errors';
import type { Alignment } from '../registration/registration-settings.js';
import { reorientToLps } from '../volume/geometry.js';
import type { Volume } from '../volume/volume.js';
import { notMoved, type PhaseAlignment, requireSameGrid } from './align-phases.js';
import { cropLabel, type LesionPart, lesionParts } from './lesion-parts.js';

/** The images of a case in LPS order, one for each phase of the dataset. */
export interface CaseImages {
  readonly phases: readonly Volume[];
  /** Names, for messages. */
  readonly phaseNames: readonly string[];
  /** Index of the phase on which masks are drawn. */
  readonly reference: number;
  readonly liver?: Volume | undefined;
}

/** A mask of the dataset: the reference phase's, and those of other phases where they exist. */
export interface LesionMasks {
  readonly key: string;
  readonly mask: Volume;
  readonly phaseMasks?: readonly (Volume | undefined)[] | undefined;
  readonly label?: number | undefined;
  readonly components?: 'split' | 'merge' | undefined;
}

/** One lesion with where it lies in every phase. */
export interface LesionGeometry {
  readonly key: string;
  readonly part: LesionPart;
  /** Crops of the masks of other phases; all undefined where there is a single mask. */
  readonly phaseParts: readonly (LesionPart | undefined)[];
  readonly alignments: readonly PhaseAlignment[];
}

/**
 * Turns masks into lesions: the parts, and with `centroid` the shift of each phase that brings the
 * centre of its own mask onto the reference's. Small results: the masks may be released after.
 */
export function lesionGeometry(
  images: CaseImages,
  masks: LesionMasks,
  align: Alignment,
): { lesions: LesionGeometry[]; warnings: string[] } {
  const reference = images.phases[images.reference] as Volume;
  const mask = reorientToLps(masks.mask);
  requireLabels(mask);
  const warnings = requireSameGrid(reference, mask, `${masks.key}: mask`);
  const whole = lesionParts(mask, masks.label, 'merge').parts[0] as LesionPart;
  const { parts, specks } = lesionParts(mask, masks.label, masks.components);
  if (specks > 0) warnings.push(`${masks.key}: ${specks} specks of at most 10 voxels left out`);
  const phaseParts = images.phases.map((phase, i) => phasePart(phase, i, images, masks, warnings));
  const alignments = phaseParts.map((part, i) =>
    align !== 'centroid' || part === undefined || i === images.reference
      ? notMoved
      : { referenceCentre: whole.centroid, phaseCentre: part.centroid },
  );
  phaseParts.forEach((part, i) => {
    // A phase that is not moved must be where the reference is.
    if (align !== 'centroid' || part !== undefined || i === images.reference) return;
    const name = `phase ${images.phaseNames[i]}`;
    warnings.push(...requireSameGrid(reference, images.phases[i] as Volume, name));
  });
  if (align === 'centroid' && phaseParts.every((part) => part === undefined)) {
    warnings.push(`${masks.key}: no masks of other phases, so its phases are not moved`);
  }
  const lesions = parts.map((part, i) => ({
    key: masks.components === 'split' ? `${masks.key}.${i + 1}` : masks.key,
    part,
    phaseParts,
    alignments,
  }));
  return { lesions, warnings };
}

function phasePart(
  phase: Volume,
  index: number,
  images: CaseImages,
  masks: LesionMasks,
  warnings: string[],
): LesionPart | undefined {
  const given = masks.phaseMasks?.[index];
  if (given === undefined || index === images.reference) return undefined;
  const mask = reorientToLps(given);
  requireLabels(mask);
  const name = `${masks.key}: mask of phase ${images.phaseNames[index]}`;
  warnings.push(...requireSameGrid(phase, mask, name));
  const part = cropLabel(mask, masks.label);
  if (part === undefined) warnings.push(`${name} is empty; taken as not drawn`);
  return part;
}

/** DATA_ERROR for a mask whose values are no labels (fractions, negative numbers, NaN). */
export function requireLabels(mask: Volume): void {
  const wrong = mask.data.findIndex((v: number) => !Number.isInteger(v) || v < 0);
  if (wrong < 0) return;
  throw new FlcError('DATA_ERROR', 'the mask holds values that are no labels', {
    details: { got: String(mask.data[wrong]), dtype: mask.dtype },
    remedy: 'a mask holds whole numbers from 0; check that the file is no image',
  });
}
