import { FlcError } from '@flc-native/errors';

/** Settings of a C-SVC. */
export interface SvmOptions {
  readonly kernel: 'rbf' | 'linear';
  /** Cost of a margin violation, above 0. */
  readonly C: number;
  /** Of the RBF kernel exp(-gamma |a - b|^2), above 0; 1 / number of features where left out. */
  readonly gamma?: number | undefined;
  /** Also fit sigmoids (5 trainings more per pair), for `predictProbability`. */
  readonly probability?: boolean | undefined;
  /** Factor on C by class label; `balanced` = samples / (classes * samples of the class). 1 where left out. */
  readonly classWeights?: Readonly<Record<number, number>> | 'balanced' | undefined;
  /** Of the folds behind the probabilities; a whole number from 0 on. */
  readonly seed?: number | undefined;
}

/** @throws FlcError INVALID_CONFIG */
export function checkOptions(options: SvmOptions): void {
  const { kernel, C, gamma, classWeights, seed } = options;
  if (kernel !== 'rbf' && kernel !== 'linear') refuse('kernel', "'rbf' or 'linear'", kernel);
  if (!isPositive(C)) refuse('C', 'a number above 0', C);
  if (gamma !== undefined && !isPositive(gamma)) refuse('gamma', 'a number above 0', gamma);
  if (seed !== undefined && !(Number.isSafeInteger(seed) && seed >= 0)) {
    refuse('seed', 'a whole number from 0 on', seed);
  }
  if (classWeights === undefined || classWeights === 'balanced') return;
  for (const [label, weight] of Object.entries(classWeights)) {
    if (!isPositive(weight)) refuse(`classWeights[${label}]`, 'a number above 0', weight);
  }
}

function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}

function refuse(name: string, expected: string, got: unknown): never {
  throw new FlcError('INVALID_CONFIG', `${name} must be ${expected}, got ${String(got)}`, {
    details: { name, expected, got: String(got) },
  });
}

/**
 * C times the weight of each class.
 *
 * @throws FlcError INVALID_CONFIG (a weight for a class that is not there)
 */
export function classCosts(
  { C, classWeights }: Pick<SvmOptions, 'C' | 'classWeights'>,
  classes: readonly number[],
  classIndex: Int32Array,
): number[] {
  if (classWeights === 'balanced') {
    const counts = new Int32Array(classes.length);
    for (const index of classIndex) counts[index] = (counts[index] as number) + 1;
    return Array.from(counts, (count) => (C * classIndex.length) / (classes.length * count));
  }
  for (const label of Object.keys(classWeights ?? {})) {
    if (!classes.includes(Number(label))) refuse('classWeights', `labels of ${classes}`, label);
  }
  return classes.map((label) => C * (classWeights?.[label] ?? 1));
}
