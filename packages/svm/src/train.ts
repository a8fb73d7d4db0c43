import type { Kernel } from './kernel.js';
import type { BinarySolution } from './libsvm.js';
import type { PairMachine, SvmModel } from './model.js';
import { classPairs, type Pair, pairMembers, trainPairFully } from './one-against-one.js';
import { classCosts, type SvmOptions } from './options.js';
import { plattScaling } from './platt-scaling.js';
import type { CheckedSamples } from './samples.js';
import type { Sigmoid } from './sigmoid.js';
import { SquaredDistances } from './squared-distances.js';

interface TrainedPair {
  readonly pair: Pair;
  readonly members: readonly number[];
  readonly solution: BinarySolution;
  readonly sigmoid: Sigmoid | null;
}

/** Trains the machine of every pair of classes and gathers them in one model. */
export async function trainModel(
  samples: CheckedSamples,
  options: SvmOptions,
  pause: () => Promise<void>,
): Promise<SvmModel> {
  const { rows, classes, classIndex } = samples;
  const features = rows[0]?.length ?? 0;
  const kernel: Kernel =
    options.kernel === 'linear'
      ? { type: 'linear' }
      : { type: 'rbf', gamma: options.gamma ?? 1 / features };
  const costs = classCosts(options, classes, classIndex);
  const distances = SquaredDistances.where(samples, kernel.type);
  const settings = { kernel, costs, distances, pause };
  const trained: TrainedPair[] = [];
  for (const [number, pair] of classPairs(classes.length).entries()) {
    const { members, positives } = pairMembers(pair, classIndex);
    const solution = await trainPairFully(samples, members, positives, pair, settings);
    const sigmoid = options.probability
      ? await plattScaling(samples, pair, settings, (options.seed ?? 0) + number)
      : null;
    trained.push({ pair, members, solution, sigmoid });
  }
  return gather(samples, kernel, options.C, trained);
}

/** A sample that supports several machines is stored once. */
function gather(
  { rows, classes }: CheckedSamples,
  kernel: Kernel,
  C: number,
  trained: readonly TrainedPair[],
): SvmModel {
  const used = new Set<number>();
  for (const { members, solution } of trained) {
    for (const [index, sample] of members.entries()) {
      if (solution.coefficients[index] !== 0) used.add(sample);
    }
  }
  const stored = [...used].sort((a, b) => a - b);
  const place = new Map(stored.map((sample, index) => [sample, index]));
  const machines = trained.map(({ pair, members, solution, sigmoid }): PairMachine => {
    const supports: number[] = [];
    const coefficients: number[] = [];
    for (const [index, sample] of members.entries()) {
      const coefficient = solution.coefficients[index];
      const at = place.get(sample);
      if (coefficient === undefined || coefficient === 0 || at === undefined) continue;
      supports.push(at);
      coefficients.push(coefficient);
    }
    return { ...pair, supports, coefficients, rho: solution.rho, sigmoid };
  });
  return {
    kernel,
    C,
    classes,
    features: rows[0]?.length ?? 0,
    supportVectors: stored.map((sample) => rows[sample] as Float64Array),
    machines,
  };
}
