import type { Scored } from './scored.js';

/** Counts `[truth, predicted]`, row major; whole numbers, or sums of weights in the bootstrap. */
export interface ConfusionMatrix {
  readonly size: number;
  readonly counts: Float64Array;
}

/** Counts each pair of true and predicted class; `weights` (one per lesion) replaces the count of 1. */
export function confusionMatrix(scored: Scored, weights?: Float64Array): ConfusionMatrix {
  const size = scored.classes.length;
  const counts = new Float64Array(size * size);
  for (let i = 0; i < scored.truth.length; i++) {
    const cell = (scored.truth[i] as number) * size + (scored.predicted[i] as number);
    counts[cell] = (counts[cell] as number) + (weights === undefined ? 1 : (weights[i] as number));
  }
  return { size, counts };
}

/** One class against the rest. */
export interface Outcomes {
  readonly truePositive: number;
  readonly falseNegative: number;
  readonly falsePositive: number;
  readonly trueNegative: number;
}

export function outcomesOf(matrix: ConfusionMatrix, c: number): Outcomes {
  const { size, counts } = matrix;
  let row = 0;
  let column = 0;
  for (let j = 0; j < size; j++) {
    row += counts[c * size + j] as number;
    column += counts[j * size + c] as number;
  }
  const truePositive = counts[c * size + c] as number;
  const falseNegative = row - truePositive;
  const falsePositive = column - truePositive;
  return {
    truePositive,
    falseNegative,
    falsePositive,
    trueNegative: total(matrix) - truePositive - falseNegative - falsePositive,
  };
}

export function total(matrix: ConfusionMatrix): number {
  return matrix.counts.reduce((a, b) => a + b, 0);
}

export function correct(matrix: ConfusionMatrix): number {
  let sum = 0;
  for (let c = 0; c < matrix.size; c++) sum += matrix.counts[c * matrix.size + c] as number;
  return sum;
}

/** The matrix as rows of plain numbers, for JSON and tables. */
export function toRows(matrix: ConfusionMatrix): number[][] {
  return Array.from({ length: matrix.size }, (_, r) =>
    Array.from(matrix.counts.subarray(r * matrix.size, (r + 1) * matrix.size)),
  );
}
