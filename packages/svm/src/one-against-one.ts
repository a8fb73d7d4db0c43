import { FlcError } from '@flc-native/errors';
import type { Kernel } from './kernel.js';
import { type BinarySolution, trainBinary } from './libsvm.js';
import type { CheckedSamples } from './samples.js';
import type { SquaredDistances } from './squared-distances.js';

/** Two classes by index, `positive < negative`; a positive decision value speaks for `positive`. */
export interface Pair {
  readonly positive: number;
  readonly negative: number;
}

/** The K(K-1)/2 pairs in the order of the decision values: (0,1), (0,2), ... (1,2), ... */
export function classPairs(numClasses: number): Pair[] {
  const pairs: Pair[] = [];
  for (let positive = 0; positive < numClasses; positive++) {
    for (let negative = positive + 1; negative < numClasses; negative++) {
      pairs.push({ positive, negative });
    }
  }
  return pairs;
}

/** Indices of the samples of a pair, the positive class first. */
export function pairMembers(
  { positive, negative }: Pair,
  classIndex: Int32Array,
): { readonly members: number[]; readonly positives: number } {
  const of = (wanted: number) =>
    Array.from(classIndex.keys()).filter((sample) => classIndex[sample] === wanted);
  const first = of(positive);
  return { members: [...first, ...of(negative)], positives: first.length };
}

/** How a pair's machine is trained. */
export interface PairSettings {
  readonly kernel: Kernel;
  /** Upper bound of the dual variables by class index. */
  readonly costs: readonly number[];
  readonly maxIterations?: number;
  /** Between all samples; an RBF machine is then trained on kernel values in place of features. */
  readonly distances?: SquaredDistances | undefined;
  /** Awaited before each training, which itself is in one piece. */
  readonly pause: () => Promise<void>;
}

/** What libsvm gets of the members of a pair: their features, or kernel values where there are distances. */
export function pairRows(
  { rows }: CheckedSamples,
  members: readonly number[],
  { kernel, distances }: Pick<PairSettings, 'kernel' | 'distances'>,
): readonly Float64Array[] {
  return kernel.type === 'rbf' && distances !== undefined
    ? distances.kernelRows(kernel.gamma, members)
    : members.map((sample) => rows[sample] as Float64Array);
}

/** Trains the machine of one pair on {@link pairRows} (positives first); undefined at the iteration limit. */
export async function trainPair(
  rows: readonly Float64Array[],
  positives: number,
  { positive, negative }: Pair,
  { kernel, costs, maxIterations, distances, pause }: PairSettings,
): Promise<BinarySolution | undefined> {
  await pause();
  return trainBinary({
    rows,
    positives,
    kernel: distances === undefined ? kernel.type : 'precomputed',
    gamma: kernel.type === 'rbf' ? kernel.gamma : 1,
    costs: [costs[positive] ?? 0, costs[negative] ?? 0],
    ...(maxIterations === undefined ? {} : { maxIterations }),
  });
}

/** {@link trainPair} where libsvm's own limit is the only one. */
export async function trainPairFully(
  samples: CheckedSamples,
  members: readonly number[],
  positives: number,
  pair: Pair,
  settings: PairSettings,
): Promise<BinarySolution> {
  const rows = pairRows(samples, members, settings);
  const solution = await trainPair(rows, positives, pair, settings);
  if (solution === undefined) {
    const classes = [samples.classes[pair.positive], samples.classes[pair.negative]];
    throw new FlcError('DATA_ERROR', `the machine for the classes ${classes} does not converge`, {
      details: { classes },
      remedy: 'use a smaller C',
    });
  }
  return solution;
}

/**
 * The class index with most votes of the pairs; the first of equals (as libsvm).
 *
 * @param decisions decision values in the order of {@link classPairs}
 */
export function vote(decisions: ArrayLike<number>, numClasses: number): number {
  const votes = new Int32Array(numClasses);
  let at = 0;
  for (let positive = 0; positive < numClasses; positive++) {
    for (let negative = positive + 1; negative < numClasses; negative++) {
      const winner = (decisions[at++] as number) > 0 ? positive : negative;
      votes[winner] = (votes[winner] as number) + 1;
    }
  }
  return votes.indexOf(Math.max(...votes));
}
