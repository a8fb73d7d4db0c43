import { phaseByText } from '../phase-rules/phase-by-text.js';
import type { ImportedImage, ImportedMask } from './imported.js';

/**
 * The words of a name but those that tell a phase, or with MR a sequence: the same lesion drawn on several phases has names
 * that differ in the phase only.
 */
export function nameApartFromPhase(name: string, modality: 'CT' | 'MR' = 'CT'): string {
  const words = name.toLowerCase().split(/[_\-. ]+/);
  return words.filter((word) => phaseByText(word, '', modality).phase === null).join('_');
}

/**
 * What a mask was drawn on, if its name says the phase: the image that says the same by names or description, else the phase
 * alone. That may be of an image whose phase only its voxels tell, or of one that is not here.
 */
export function drawnOn(
  name: string,
  images: readonly ImportedImage[],
  modality: 'CT' | 'MR' = 'CT',
): Pick<ImportedMask, 'image' | 'phase'> {
  const { phase } = phaseByText(name, '', modality);
  if (phase === null) return {};
  const image = images.find(({ facts }) =>
    [...(facts.names ?? []), facts.seriesDescription].some(
      (text) => text !== undefined && phaseByText(text, '', modality).phase === phase,
    ),
  );
  return image === undefined ? { phase } : { image: image.key };
}
