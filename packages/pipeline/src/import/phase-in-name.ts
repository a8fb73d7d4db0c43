import { phaseByText } from '../phase-rules/phase-by-text.js';
import type { ImportedImage } from './imported.js';

/**
 * The words of a name but those that tell a phase, or with MR a sequence: the same lesion drawn on several phases has names
 * that differ in the phase only.
 */
export function nameApartFromPhase(name: string, modality: 'CT' | 'MR' = 'CT'): string {
  const words = name.toLowerCase().split(/[_\-. ]+/);
  return words.filter((word) => phaseByText(word, '', modality).phase === null).join('_');
}

/** The image on which a mask was drawn, if its name says the phase; an image says its own by names or description. */
export function imageOfPhaseIn(
  name: string,
  images: readonly ImportedImage[],
  modality: 'CT' | 'MR' = 'CT',
): ImportedImage | undefined {
  const { phase } = phaseByText(name, '', modality);
  if (phase === null) return undefined;
  return images.find(({ facts }) =>
    [...(facts.names ?? []), facts.seriesDescription].some(
      (text) => text !== undefined && phaseByText(text, '', modality).phase === phase,
    ),
  );
}
