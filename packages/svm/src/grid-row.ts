import type { Kernel } from './kernel.js';
import {
  classPairs,
  type Pair,
  pairMembers,
  pairRows,
  trainPair,
  vote,
} from './one-against-one.js';
import type { CheckedSamples } from './samples.js';
import type { SquaredDistances } from './squared-distances.js';

interface PairState {
  readonly pair: Pair;
  readonly members: readonly number[];
  /** What libsvm gets of them. */
  readonly rows: readonly Float64Array[];
  readonly positives: number;
  /** Decision values of the validation samples by the last machine. */
  decisions: Float64Array;
  /** No dual variable was at its bound: the last machine solves all problems with larger C. */
  settled: boolean;
}

/** The machines of one gamma for ascending C, with what one of them leaves for the next. */
export class GammaRow {
  readonly #classes: readonly number[];
  readonly #pairs: readonly PairState[];
  readonly #kernelRows: readonly Float64Array[];
  readonly #kernel: Kernel;
  readonly #maxIterations: number;
  readonly #distances: SquaredDistances | undefined;
  readonly #pause: () => Promise<void>;
  #converges = true;

  /** @param kernelRows kernel values, [validation sample][training sample] */
  constructor(
    samples: CheckedSamples,
    kernelRows: readonly Float64Array[],
    kernel: Kernel,
    maxIterations: number,
    distances: SquaredDistances | undefined,
    pause: () => Promise<void>,
  ) {
    const { classes, classIndex } = samples;
    this.#classes = classes;
    this.#distances = distances;
    this.#pause = pause;
    this.#kernel = kernel;
    this.#maxIterations = maxIterations;
    this.#kernelRows = kernelRows;
    this.#pairs = classPairs(classes.length).map((pair) => {
      const { members, positives } = pairMembers(pair, classIndex);
      return {
        pair,
        members,
        rows: pairRows(samples, members, { kernel, distances }),
        positives,
        decisions: new Float64Array(),
        settled: false,
      };
    });
  }

  /**
   * Labels of the validation samples by the machines for these costs, to be called with ascending C.
   *
   * @param costs C of each class
   * @returns undefined where a pair has not converged, now or for a smaller C
   */
  async predict(costs: readonly number[]): Promise<number[] | undefined> {
    for (const state of this.#pairs) {
      if (this.#converges && !state.settled) this.#converges = await this.#train(state, costs);
    }
    if (!this.#converges) return undefined;
    return this.#kernelRows.map((_, sample) => {
      const decisions = this.#pairs.map((state) => state.decisions[sample] as number);
      return this.#classes[vote(decisions, this.#classes.length)] as number;
    });
  }

  /** @returns whether it converged */
  async #train(state: PairState, costs: readonly number[]): Promise<boolean> {
    const solution = await trainPair(state.rows, state.positives, state.pair, {
      kernel: this.#kernel,
      costs,
      maxIterations: this.#maxIterations,
      distances: this.#distances,
      pause: this.#pause,
    });
    if (solution === undefined) return false;
    const { coefficients, rho } = solution;
    const supports = state.members.flatMap((sample, index) =>
      coefficients[index] === 0 ? [] : [{ sample, coefficient: coefficients[index] as number }],
    );
    state.decisions = Float64Array.from(this.#kernelRows, (values) => {
      let sum = 0;
      for (const { sample, coefficient } of supports)
        sum += coefficient * (values[sample] as number);
      return sum - rho;
    });
    state.settled = coefficients.every((coefficient, index) => {
      const { positive, negative } = state.pair;
      const bound = costs[index < state.positives ? positive : negative] as number;
      return Math.abs(coefficient) < bound;
    });
    return true;
  }
}
