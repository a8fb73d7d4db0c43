import type { Volume } from '../volume/volume.js';
import { coarseVolume } from './coarse-volume.js';
import { type AortaPath, aortaHu, findAorta } from './find-aorta.js';
import { findLiverHu } from './find-liver.js';
import { type OrganHu, type OrganMasks, organHu } from './organ-hu.js';
import { phaseFromOrgans } from './phase-from-organs.js';
import { noGuess, type PhaseGuess } from './phase-guess.js';

/** HU of organs with how sure it is that it is these organs, 0..1. */
export interface OrganEstimate {
  readonly hu: OrganHu;
  readonly quality: number;
}

/**
 * The phase of a CT by its voxels. With masks (of one organ or more, on the image's grid) the HU
 * are measured; without, aorta and liver are searched for, and the confidence says so.
 */
export function phaseFromImage(volume: Volume, masks: OrganMasks = {}): PhaseGuess {
  const measured = organHu(volume, masks);
  if (measured.aorta !== undefined) return phaseFromOrgans(measured);
  const estimate = estimateOrgans(coarseVolume(volume));
  if (estimate === undefined) return noGuess('no aorta was found in the image');
  return phaseFromEstimate({ ...estimate, hu: { ...estimate.hu, ...measured } });
}

/** Decision on organs that were searched for, not drawn. */
export function phaseFromEstimate({ hu, quality }: OrganEstimate): PhaseGuess {
  const guess = phaseFromOrgans(hu);
  if (guess.phase === null) return guess;
  return {
    ...guess,
    reason: `${guess.reason} (organs found by search)`,
    confidence: guess.confidence * (0.35 + 0.6 * quality),
  };
}

/** Aorta and liver of a coarse volume; undefined where no aorta is found. */
export function estimateOrgans(coarse: Volume, path?: AortaPath): OrganEstimate | undefined {
  const aorta = path ?? findAorta(coarse);
  if (aorta === undefined) return undefined;
  const liver = findLiverHu(coarse);
  return {
    hu: { aorta: aortaHu(coarse, aorta), ...(liver === undefined ? {} : { liver: liver.hu }) },
    quality: aorta.quality,
  };
}
