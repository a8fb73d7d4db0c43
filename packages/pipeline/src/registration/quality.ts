import type { Volume } from '../volume/volume.js';
import { type BeforeAfter, comparePhases, dice } from './compare-phases.js';
import { type DeformationFacts, deformationFacts } from './deformation-facts.js';
import type { VoxelBox } from './region.js';
import type { Alignment, RegistrationSettings } from './registration-settings.js';
import type { SpatialTransform } from './spatial-transform.js';

/** How well a phase was registered. Lengths in mm. */
export interface RegistrationQuality {
  readonly method: Alignment;
  /** Shannon, nats. */
  readonly mutualInformation: BeforeAfter<number>;
  /** Studholme, 1 to 2. */
  readonly normalisedMutualInformation: BeforeAfter<number>;
  readonly comparedPoints: number;
  /** Within the liver, or the region where there is no liver mask. */
  readonly within: 'liver' | 'region';
  readonly jacobian: DeformationFacts['jacobian'];
  readonly displacement: DeformationFacts['displacement'];
  /** Of each lesion with a mask on both phases. */
  readonly overlap: readonly (BeforeAfter<number> & { readonly lesion: string })[];
  readonly warnings: readonly string[];
}

/** A lesion with its masks on the fixed grid. */
export interface OverlapMasks {
  readonly lesion: string;
  readonly label: number | undefined;
  readonly fixed: Volume;
  readonly before: Volume;
  readonly after: Volume;
}

export interface QualityInput {
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly transform: SpatialTransform;
  readonly region: VoxelBox;
  readonly liver?: Volume | undefined;
  readonly masks: readonly OverlapMasks[];
  readonly method: Alignment;
  readonly settings: RegistrationSettings;
  readonly modality: 'CT' | 'MR';
}

/** Measures a registration; what looks wrong is in `warnings`. */
export function registrationQuality(input: QualityInput): RegistrationQuality {
  const { fixed, moving, transform, region, liver, method, settings, modality } = input;
  const clamp = modality === 'CT' ? settings.clamp : null;
  const { similarity, points } = comparePhases(fixed, moving, transform, region, clamp);
  const facts = deformationFacts(transform, fixed, region, liver);
  const overlap = input.masks.flatMap(({ lesion, label, ...masks }) => {
    const before = dice(masks.fixed, masks.before, label);
    const after = dice(masks.fixed, masks.after, label);
    return before === undefined || after === undefined ? [] : [{ lesion, before, after }];
  });
  const measured = {
    method,
    mutualInformation: {
      before: similarity.before.mutualInformation,
      after: similarity.after.mutualInformation,
    },
    normalisedMutualInformation: {
      before: similarity.before.normalised,
      after: similarity.after.normalised,
    },
    comparedPoints: points,
    within: liver === undefined ? ('region' as const) : ('liver' as const),
    jacobian: facts.jacobian,
    displacement: facts.displacement,
    overlap,
  };
  return { ...measured, warnings: warningsOf(measured, settings.limits) };
}

/** What a person should look at, in words. */
function warningsOf(
  quality: Omit<RegistrationQuality, 'warnings'>,
  limits: RegistrationSettings['limits'],
): string[] {
  const warnings: string[] = [];
  const { jacobian, within, overlap } = quality;
  if (jacobian.folded > 0 || jacobian.min <= 0) {
    warnings.push(
      `the deformation folds within the ${within} (smallest Jacobian determinant ${jacobian.min.toFixed(2)})`,
    );
  } else if (jacobian.min < limits.determinant) {
    warnings.push(
      `the deformation nearly crushes a part of the ${within} (smallest Jacobian determinant ${jacobian.min.toFixed(2)})`,
    );
  }
  const change = jacobian.mean - 1;
  if (Math.abs(change) > limits.volumeChange) {
    warnings.push(
      `the volume of the ${within} changes by ${(100 * change).toFixed(0)} %, and a liver keeps its own between phases; try rigid`,
    );
  }
  const { before, after } = quality.normalisedMutualInformation;
  if (after < before - limits.likenessFall) {
    warnings.push(
      `the phases are less alike than before (normalised mutual information ${before.toFixed(4)} to ${after.toFixed(4)})`,
    );
  }
  for (const entry of overlap) {
    if (entry.after >= entry.before - limits.overlapFall) continue;
    warnings.push(
      `${entry.lesion}: the masks overlap less than before (Dice ${entry.before.toFixed(2)} to ${entry.after.toFixed(2)})`,
    );
  }
  return warnings;
}
