import type { EvaluatedLabelMap } from '../evaluation.js';

/**
 * Step between the patches of a label map, pixels: the greatest common divisor of the distances between labelled
 * rows and between labelled columns; 1 where there is nothing to tell it from.
 */
export function labelMapPace({ w, data }: EvaluatedLabelMap): number {
  const first = data.findIndex((label) => label >= 0);
  let pace = 0;
  for (let i = first + 1; i < data.length && first >= 0; i++) {
    if ((data[i] as number) < 0) continue;
    const rows = Math.floor(i / w) - Math.floor(first / w);
    const columns = Math.abs((i % w) - (first % w));
    pace = greatestCommonDivisor(greatestCommonDivisor(pace, rows), columns);
    if (pace === 1) return 1;
  }
  return Math.max(1, pace);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
