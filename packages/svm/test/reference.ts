import { readFileSync } from 'node:fs';
import type { SvmOptions } from '../src/index.js';

/** What fixtures/scikit-learn.py wrote. */
export interface Reference {
  readonly cases: readonly ReferenceCase[];
  readonly probability: {
    readonly settings: { readonly kernel: 'rbf'; readonly C: number; readonly gamma: number };
    readonly X: number[][];
    readonly y: number[];
    readonly testX: number[][];
    readonly decisions: number[][];
    readonly probA: number[];
    readonly probB: number[];
    readonly probabilities: number[][];
  };
  readonly sigmoid: {
    readonly decisions: number[];
    readonly positives: number;
    readonly a: number;
    readonly b: number;
  };
  readonly grid: {
    readonly train: { readonly X: number[][]; readonly y: number[] };
    readonly validation: { readonly X: number[][]; readonly y: number[] };
    readonly C: [number, number];
    readonly gamma: [number, number];
    readonly accuracies: number[];
  };
}

export interface ReferenceCase {
  readonly name: string;
  readonly settings: {
    readonly kernel: 'rbf' | 'linear';
    readonly C: number;
    readonly gamma?: number;
  };
  readonly classWeights: SvmOptions['classWeights'] | null;
  readonly X: number[][];
  readonly y: number[];
  readonly testX: number[][];
  readonly classes: number[];
  readonly supports: number[];
  readonly decisions: number[][];
  readonly predictions: number[];
}

const file = new URL('./fixtures/scikit-learn.json', import.meta.url);
export const reference = JSON.parse(readFileSync(file, 'utf8')) as Reference;

/** Largest absolute difference of two tables of numbers of the same shape; infinity where the shapes differ. */
export function largestDifference(a: readonly number[][], b: readonly number[][]): number {
  const [flatA, flatB] = [a.flat(), b.flat()];
  if (a.length !== b.length || flatA.length !== flatB.length) return Number.POSITIVE_INFINITY;
  return flatA.reduce((most, value, index) => {
    const difference = Math.abs(value - (flatB[index] as number));
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
  }, 0);
}
