import type { BindingRandomWalk } from '../native/index.cjs';
import { callBindingAsync } from './binding.js';
import { cancellable } from './cancellable.js';
import type { Size } from './size.js';
import { wholeNumber } from './whole-number.js';

/** All but the seeds. */
export interface RandomWalkProblem {
  /** One image, or several registered ones that are segmented jointly; values with x fastest. */
  readonly images: readonly Float32Array[];
  /** Voxels along x, y, z; z is 1 for a slice. */
  readonly size: Size;
  /** Length of a voxel along x, y, z; differences count per unit of length. Default 1, 1, 1. */
  readonly spacing?: readonly [x: number, y: number, z: number] | undefined;
  /** Number of labels, 2 to 255; each has a seed. */
  readonly labels: number;
  /** How much a difference hinders the walk; default 130. */
  readonly beta?: number | undefined;
  /** Largest residual of each label's system relative to its right side (Euclidean norms); default 1e-6. */
  readonly tolerance?: number | undefined;
  /** Most iterations for a label before INVALID_CONFIG says that beta is too large; default 1000. */
  readonly maxIterations?: number | undefined;
  /**
   * How strongly each voxel is joined to each label by itself, in units of the weights of neighbours, which are at most 1: by
   * label and then voxel, from 0. For instance a number times the probability of the label from the voxel's value.
   */
  readonly priors?: Float32Array | undefined;
  /** Threads; default one a core. No influence on the result. */
  readonly threads?: number | undefined;
}

/** A label image: 0 unknown, 1.. a label, negative for voxels that are no part of the image. */
export type SeedImage = Int32Array | Int16Array | Int8Array | Uint8Array | Uint16Array;

export interface RandomWalkOptions extends RandomWalkProblem {
  readonly seeds: SeedImage;
  /** `probabilities` of an earlier solution of the same size and labels; {@link RandomWalk} keeps more than that. */
  readonly warmStart?: Float32Array | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface RandomWalkResult {
  /** The most probable label of each voxel, 1..; 0 outside. */
  readonly labels: Uint8Array;
  /** By label and then voxel: `probabilities[(label - 1) * voxels + voxel]`; they sum to 1, 0 outside. */
  readonly probabilities: Float32Array;
  /** Of the label that took most. */
  readonly iterations: number;
  /** The largest over the labels, relative to the right side. */
  readonly residual: number;
  /** Whether what a {@link RandomWalk} had prepared for fewer seeds served again. */
  readonly reused: boolean;
}

/**
 * Segments images from seeds by random walks (Grady 2006), off the event loop.
 *
 * A voxel gets the label whose seeds a random walker from it is most likely to meet first. Neighbours are joined by
 * `exp(-beta g / (10 s sqrt(c))) + 1e-10`, where g is the squared difference per unit of length summed over the c images
 * and s the standard deviation of all values: the definition of scikit-image's `random_walker`, so that the same problem
 * has the same answer. `priors` are those of Grady 2005 (CVPR, "Multilabel random walker image segmentation using prior
 * models"), which scikit-image lacks. Bring several images to one scale first. Equal input gives equal bits.
 *
 * @throws FlcError DATA_ERROR (wrong length, NaN, a label without seed, no voxel without one, voxels that no seed
 *   reaches), INVALID_CONFIG (parameters; too many voxels; no convergence), CANCELLED
 */
export async function randomWalker(options: RandomWalkOptions): Promise<RandomWalkResult> {
  const { seeds, warmStart, signal } = options;
  const walk = bindingWalk(options);
  return await cancellable(signal, (cancellation) =>
    callBindingAsync((binding) =>
      binding.startRandomWalk(walk, bindingSeeds(seeds), warmStart, cancellation),
    ),
  );
}

/** @throws FlcError INVALID_CONFIG */
export function bindingWalk(problem: RandomWalkProblem): BindingRandomWalk {
  const { images, size, spacing = [1, 1, 1], priors } = problem;
  return {
    images: [...images],
    size: [...size],
    spacing: [...spacing],
    labels: wholeNumber('labels', problem.labels),
    beta: problem.beta ?? 130,
    tolerance: problem.tolerance ?? 1e-6,
    iterations: wholeNumber('maxIterations', problem.maxIterations ?? 1000),
    threads: wholeNumber('threads', problem.threads ?? 0),
    ...(priors === undefined ? {} : { priors }),
  };
}

export function bindingSeeds(seeds: SeedImage): Int32Array {
  return seeds instanceof Int32Array ? seeds : Int32Array.from(seeds);
}
