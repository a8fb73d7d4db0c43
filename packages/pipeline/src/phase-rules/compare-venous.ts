import type { OrganHu } from './organ-hu.js';
import type { PhaseGuess } from './phase-guess.js';

/** Enhancement must differ by this between two phases of a study to compare them, HU. */
const leastDifference = 6;
/** The liver loses contrast too, but later and less evenly than the blood. */
const liverWeight = 0.5;

/**
 * Two images of one study that are venous by their own HU: the blood loses contrast from the portal
 * venous to the delayed phase, and so does the liver: the brighter image is the earlier one. What compares two images of
 * the same patient, dose and scanner is stronger than any limit in HU.
 */
export function compareVenous(
  guesses: readonly (PhaseGuess | undefined)[],
  hu: readonly (OrganHu | undefined)[],
): (PhaseGuess | undefined)[] {
  const venous = guesses.flatMap((guess, i) => {
    const aorta = hu[i]?.aorta;
    const open = guess?.phase === 'PV' || guess?.phase === 'DL';
    if (!open || aorta === undefined) return [];
    return [{ i, guess: guess as PhaseGuess, aorta, liver: hu[i]?.liver }];
  });
  if (venous.length !== 2) return [...guesses];
  const [one, other] = venous as [Venous, Venous];
  const brighter = brighterBy(one, other);
  const [bright, dark] = brighter > 0 ? [one, other] : [other, one];
  const difference = Math.abs(brighter);
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
      reason: `${guess.reason}; ${agrees ? '' : 'but '}blood and liver are ${than} by ${Math.round(difference)} HU than in the other venous image`,
      confidence: agrees ? Math.max(guess.confidence, sure) : Math.min(sure, 0.7),
    };
  }
  return result;
}

interface Venous {
  readonly i: number;
  readonly guess: PhaseGuess;
  readonly aorta: number;
  readonly liver: number | undefined;
}

/** HU by which one image is enhanced more than another. */
function brighterBy(one: Venous, other: Venous): number {
  const both = one.liver !== undefined && other.liver !== undefined;
  const liver = both ? (one.liver as number) - (other.liver as number) : 0;
  return one.aorta - other.aorta + liverWeight * liver;
}
