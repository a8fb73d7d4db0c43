import type { RandomWalkResult, Size } from '@flc-native/imaging';
import { ellipsoidOf, partWithSeeds, withShape } from './compact-shape.js';
import { seedValues } from './seed-image.js';

/** Walks after the first; the shape hardly changes after them. */
const repeats = 3;

export interface CompactWalk {
  /** Probability of each label from values alone. */
  readonly likelihoods: Float32Array;
  /** Solves for these, from an earlier answer if there is one. */
  walk(likelihoods: Float32Array, warmStart?: Float32Array): Promise<RandomWalkResult>;
  readonly lesionSeeds: Uint8Array;
  readonly size: Size;
  /** mm */
  readonly spacing: readonly number[];
  /** How much the shape counts; 0: not at all. */
  readonly compact: number;
}

/**
 * Walks, and walks again with the odds of the lesion raised within the ellipsoid that fits the answer and lowered outside:
 * most lesions are round, and what is missing or too much of the first answer is seldom round. `inside` is what is
 * connected to the lesion's seeds.
 */
export async function compactWalk(
  options: CompactWalk,
): Promise<{ walk: RandomWalkResult; inside: Uint8Array }> {
  const { likelihoods, lesionSeeds, size, spacing, compact } = options;
  const insideOf = ({ labels }: RandomWalkResult) =>
    partWithSeeds(
      labels.map((label) => (label === seedValues.lesion ? 1 : 0)),
      lesionSeeds,
      size,
    );
  let walk = await options.walk(likelihoods);
  let inside = insideOf(walk);
  let { iterations } = walk;
  for (let i = 0; i < repeats && compact > 0; i += 1) {
    const ellipsoid = ellipsoidOf(inside, size, spacing);
    if (ellipsoid === undefined) break;
    const shaped = withShape(likelihoods, ellipsoid, compact, inside.length);
    walk = await options.walk(shaped, walk.probabilities);
    inside = insideOf(walk);
    iterations += walk.iterations;
  }
  return { walk: { ...walk, iterations }, inside };
}
