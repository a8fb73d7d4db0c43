import type { OrganHu } from './organ-hu.js';
import type { PhaseGuess } from './phase-guess.js';

/** Blood must differ by this between two phases of a study to compare them, HU. */
const leastDifference = 6;

/**
 * Two images of one study that are venous by their own HU: the blood loses contrast from the portal
 * venous to the delayed phase, so the brighter aorta is the earlier one. What compares two images of
 * the same patient, dose and scanner is stronger than any limit in HU.
 */
export function compareVenous(
  guesses: readonly (PhaseGuess | undefined)[],
  hu: readonly (OrganHu | undefined)[],
): (PhaseGuess | undefined)[] {
  const venous = guesses.flatMap((guess, i) => {
    const aorta = hu[i]?.aorta;
    const open = guess?.phase === 'PV' || guess?.phase === 'DL';
    return open && aorta !== undefined ? [{ i, guess: guess as PhaseGuess, aorta }] : [];
  });
  if (venous.length !== 2) return [...guesses];
  const [bright, dark] = venous.sort((a, b) => b.aorta - a.aorta) as [Venous, Venous];
  const difference = bright.aorta - dark.aorta;
  if (difference < leastDifference) return [...guesses];
  const result = [...guesses];
  const sure = 0.65 + 0.2 * Math.min(1, (difference - leastDifference) / 25);
  for (const [{ i, guess }, phase, than] of [
    [bright, 'PV', 'brighter'],
    [dark, 'DL', 'darker'],
  ] as const) {
    const agrees = guess.phase === phase;
    result[i] = {
      phase,
      source: 'image',
      reason: `${guess.reason}; ${agrees ? '' : 'but '}the aorta is ${Math.round(difference)} HU ${than} than in the other venous image`,
      confidence: agrees ? Math.max(guess.confidence, sure) : Math.min(sure, 0.7),
    };
  }
  return result;
}

interface Venous {
  readonly i: number;
  readonly guess: PhaseGuess;
  readonly aorta: number;
}
