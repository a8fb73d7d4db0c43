import type { Scored } from './scored.js';

/**
 * Lesions whose decided class is not the most probable one: the machine votes, and Platt's probabilities are fitted
 * apart from the vote. Where there are many, AUC and calibration describe another decision than the accuracy. Null
 * without probabilities.
 */
export function lessProbable({ probabilities, predicted, classes }: Scored): number | null {
  if (probabilities === null) return null;
  const k = classes.length;
  return predicted.reduce((count, c, i) => {
    const own = probabilities.subarray(i * k, (i + 1) * k);
    return count + Number((own[c] as number) < Math.max(...own));
  }, 0);
}
