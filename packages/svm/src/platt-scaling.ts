import { stratifiedFolds } from './folds.js';
import { kernelRow } from './kernel.js';
import { type Pair, type PairSettings, pairMembers, trainPairFully } from './one-against-one.js';
import type { CheckedSamples } from './samples.js';
import { fitSigmoid, type Sigmoid } from './sigmoid.js';

const FOLDS = 5;

/**
 * The sigmoid of one pair, fitted to decision values of samples that the machine had not seen (5 folds), as libsvm
 * does it. Its folds come from a random state that a whole process shares; these come from the seed alone, and divide no
 * group of samples.
 */
export async function plattScaling(
  samples: CheckedSamples,
  pair: Pair,
  settings: PairSettings,
  seed: number,
): Promise<Sigmoid> {
  const { members, positives } = pairMembers(pair, samples.classIndex);
  const isPositive = members.map((_, index) => index < positives);
  const fold = stratifiedFolds(
    isPositive.map(Number),
    Math.min(FOLDS, members.length),
    seed,
    samples.groups && members.map((sample) => samples.groups?.[sample] as string),
  );
  const decisions = new Float64Array(members.length);
  for (let out = 0; out < FOLDS; out++) {
    const kept = members.filter((_, index) => fold[index] !== out);
    const keptPositives = isPositive.filter((is, index) => is && fold[index] !== out).length;
    const decide = await decider(samples, kept, keptPositives, pair, settings);
    for (const [index, sample] of members.entries()) {
      if (fold[index] === out) decisions[index] = decide(samples.rows[sample] as Float64Array);
    }
  }
  return fitSigmoid(decisions, isPositive);
}

/** Decision function of a machine trained on `kept`; a constant where only one class is left (as libsvm). */
async function decider(
  samples: CheckedSamples,
  kept: readonly number[],
  positives: number,
  pair: Pair,
  settings: PairSettings,
): Promise<(row: Float64Array) => number> {
  if (positives === kept.length) return () => (kept.length === 0 ? 0 : 1);
  if (positives === 0) return () => -1;
  const { coefficients, rho } = await trainPairFully(samples, kept, positives, pair, settings);
  const rows = kept.map((sample) => samples.rows[sample] as Float64Array);
  return (row) =>
    kernelRow(settings.kernel, row, rows).reduce(
      (sum, value, index) => sum + value * (coefficients[index] as number),
      -rho,
    );
}
