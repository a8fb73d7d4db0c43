import type { Kernel } from './kernel.js';
import type { Pair } from './one-against-one.js';
import type { Sigmoid } from './sigmoid.js';

/** The machine of one pair: decision(x) = sum of coefficients[i] * kernel(supportVectors[supports[i]], x) - rho. */
export interface PairMachine extends Pair {
  readonly supports: readonly number[];
  readonly coefficients: readonly number[];
  readonly rho: number;
  readonly sigmoid: Sigmoid | null;
}

/** A trained classifier: plain numbers, nothing native. */
export interface SvmModel {
  readonly kernel: Kernel;
  readonly C: number;
  /** Labels in ascending order. */
  readonly classes: readonly number[];
  readonly features: number;
  readonly supportVectors: readonly Float64Array[];
  /** One for each pair, in the order of `classPairs`. */
  readonly machines: readonly PairMachine[];
}
