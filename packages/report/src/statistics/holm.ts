/**
 * p-values corrected for several comparisons (Holm, Scand. J. Statist. 6:65, 1979): the chance of even one false
 * finding among all of them stays below the level that the corrected values are held against. Same order as given.
 */
export function holm(pValues: readonly number[]): number[] {
  const rising = [...pValues.keys()].sort((a, b) => at(pValues, a) - at(pValues, b));
  const corrected = new Array<number>(pValues.length);
  let largest = 0;
  rising.forEach((index, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * at(pValues, index)));
    corrected[index] = largest;
  });
  return corrected;
}

const at = (values: readonly number[], index: number): number => values[index] as number;
