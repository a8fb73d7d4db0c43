import { FlcError } from '@flc-native/errors';
import type { Intensity } from '../dataset/dataset-schema.js';
import { ctWindow } from '../dataset/validate-dataset.js';
import type { Alignment } from '../registration/registration-settings.js';
import { reorientToLps } from '../volume/geometry.js';
import { requireVolume, type Volume } from '../volume/volume.js';
import { requireSameDirection, requireSameGrid } from './align-phases.js';
import { cutSamples, type LesionSample } from './cut-samples.js';
import { requireFinite, storedIntensity } from './intensity.js';
import { type CaseImages, type LesionGeometry, lesionGeometry } from './lesion-geometry.js';
import {
  type PrepareOptions,
  type ResolvedPrepareOptions,
  resolvePrepareOptions,
} from './prepare-options.js';

/** The samples of one lesion. `key` is unique in its case. */
export interface PreparedLesion {
  readonly key: string;
  readonly voxels: number;
  readonly samples: readonly LesionSample[];
}

export interface PrepareLesionInput {
  /** One volume for each phase, in the dataset's order. */
  readonly phases: readonly Volume[];
  /** Lesion mask on the reference phase. */
  readonly mask: Volume;
  /** Masks of the phases, for `align: "centroid"`; undefined where there is none. */
  readonly phaseMasks?: readonly (Volume | undefined)[];
  readonly liver?: Volume | undefined;
  /** Index of the reference phase; default: the last. */
  readonly reference?: number | undefined;
  readonly label?: number | undefined;
  readonly components?: 'split' | 'merge' | undefined;
  /** Default: the CT window of -70..180 HU. */
  readonly intensity?: Intensity | undefined;
  readonly options?: PrepareOptions | undefined;
}

/**
 * Cuts the samples of a lesion from volumes in memory, as `prepareDataset` does from files. Where the options register
 * phases, `registerLesion` has done so before. GEOMETRY_MISMATCH and DATA_ERROR as there.
 */
export function prepareLesion(input: PrepareLesionInput): {
  lesions: PreparedLesion[];
  warnings: string[];
} {
  const reference = input.reference ?? input.phases.length - 1;
  if (input.phases[reference] === undefined) {
    throw new FlcError('INVALID_CONFIG', 'the reference phase is not among the phases', {
      details: { reference, phases: input.phases.length },
    });
  }
  requireVolumes(input);
  const images: CaseImages = {
    phases: input.phases.map(reorientToLps),
    phaseNames: input.phases.map((_, i) => String(i)),
    reference,
    liver: input.liver === undefined ? undefined : reorientToLps(input.liver),
  };
  const options = resolvePrepareOptions(input.options);
  const warnings = checkImages(images, options.align);
  const geometry = lesionGeometry(images, { ...input, key: 'lesion-1' }, options.align);
  const intensity = input.intensity ?? { window: ctWindow };
  const cut = cutLesions(images, geometry.lesions, intensity, options);
  return {
    lesions: cut.lesions,
    warnings: [...warnings, ...geometry.warnings, ...cut.warnings],
  };
}

/** Volumes from files were checked when they were read. */
export function requireVolumes({ phases, mask, phaseMasks = [], liver }: PrepareLesionInput): void {
  for (const [i, phase] of Array.from(phases).entries()) requireVolume(phase, `phase ${i}`);
  requireVolume(mask, 'mask');
  for (const [i, drawn] of phaseMasks.entries()) {
    if (drawn !== undefined) requireVolume(drawn, `mask of phase ${i}`);
  }
  if (liver !== undefined) requireVolume(liver, 'liver mask');
}

/** Cuts all lesions of a case whose images and masks were checked. */
export function cutLesions(
  images: CaseImages,
  allLesions: readonly LesionGeometry[],
  intensity: Intensity,
  options: ResolvedPrepareOptions,
): { lesions: PreparedLesion[]; warnings: string[] } {
  const intensities = images.phases.map((phase) => storedIntensity(phase, intensity));
  const context = { images, intensities, allLesions, options };
  const lesions = allLesions.map((lesion) => ({
    key: lesion.key,
    voxels: lesion.part.voxels,
    samples: cutSamples(context, lesion),
  }));
  const warnings = lesions.flatMap(({ key, samples }) => {
    const lowered = samples.filter((sample) => sample.coverageLowered).length;
    if (lowered === 0) return [];
    return [`${key}: no patch lies fully inside on ${lowered} of ${samples.length} slices`];
  });
  return { lesions, warnings };
}

/**
 * Checks the images of a case against each other; returns warnings. GEOMETRY_MISMATCH for another
 * grid (other axes with `centroid`; registered phases lie on the reference's), DATA_ERROR for voxels that are no numbers.
 */
export function checkImages(images: CaseImages, align: Alignment): string[] {
  const reference = images.phases[images.reference] as Volume;
  const warnings = images.phases.flatMap((phase, i) => {
    const name = `phase ${images.phaseNames[i]}`;
    requireFinite(phase);
    if (i === images.reference) return [];
    if (align !== 'centroid') return requireSameGrid(reference, phase, name);
    requireSameDirection(reference, phase, name);
    return [];
  });
  if (images.liver !== undefined) {
    warnings.push(...requireSameGrid(reference, images.liver, 'liver mask'));
  }
  return warnings;
}
