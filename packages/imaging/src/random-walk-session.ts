import { FlcError } from '@flc-native/errors';
import type { BindingWalkSession } from '../native/index.cjs';
import { callBindingAsync } from './binding.js';
import { cancellable } from './cancellable.js';
import {
  bindingWalk,
  type RandomWalkProblem,
  type RandomWalkResult,
  type SeedImage,
} from './random-walk.js';
import { wholeNumber } from './whole-number.js';

export interface SolveOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A random walk that answers stroke after stroke; the definition is that of `randomWalker`, and so is the accuracy.
 *
 * It keeps what a stroke does not change: the weights always, the multigrid hierarchy while seeds are only added to those
 * that it was built for (or taken back down to them), and the last answer, where the next one starts. Otherwise it prepares
 * anew by itself. Calls are answered one after the other, off the event loop; the same calls give equal bits.
 *
 * Close it: its memory, some 200 bytes a voxel, is not JavaScript's.
 */
export class RandomWalk {
  readonly #native: BindingWalkSession;
  /** Of the last answer. */
  #seeds: Int32Array | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(native: BindingWalkSession) {
    this.#native = native;
  }

  /**
   * Weighs the edges between voxels; solves nothing yet.
   *
   * @throws FlcError DATA_ERROR (wrong length, NaN), INVALID_CONFIG (parameters; too many voxels)
   */
  static async create(problem: RandomWalkProblem): Promise<RandomWalk> {
    const walk = bindingWalk(problem);
    return new RandomWalk(await callBindingAsync((binding) => binding.openWalkSession(walk)));
  }

  /**
   * The answer to these seeds, all of them. After an error the walk is as useful as before.
   *
   * @throws FlcError as `randomWalker`, and INVALID_CONFIG once closed
   */
  solve(seeds: SeedImage, options: SolveOptions = {}): Promise<RandomWalkResult> {
    const all = Int32Array.from(seeds);
    return this.#inTurn(() => this.#solve(all, options));
  }

  /**
   * The answer to the seeds of the last answer and one more stroke: these voxels (indices into the image) get the label, or
   * are unknown again with 0. What fails adds nothing.
   *
   * @throws FlcError DATA_ERROR (a voxel outside), INVALID_CONFIG (nothing solved before), and as {@link solve}
   */
  addSeeds(
    label: number,
    voxels: readonly number[] | Uint32Array | Int32Array,
    options: SolveOptions = {},
  ): Promise<RandomWalkResult> {
    const stroke = [...voxels];
    return this.#inTurn(() => {
      wholeNumber('label', label);
      if (this.#seeds === undefined) {
        throw new FlcError('INVALID_CONFIG', 'there are no seeds to add to: call solve first');
      }
      const all = Int32Array.from(this.#seeds);
      for (const voxel of stroke) {
        if (!Number.isInteger(voxel) || voxel < 0 || voxel >= all.length) {
          throw new FlcError('DATA_ERROR', 'a seed is outside of the image', {
            details: { what: 'voxels', expected: `0 to ${all.length - 1}`, got: voxel },
          });
        }
        all[voxel] = label;
      }
      return this.#solve(all, options);
    });
  }

  /** Lets the memory go once all calls so far are answered; later ones are refused with INVALID_CONFIG. */
  close(): void {
    this.#closed = true;
    void this.#last.then(() => this.#native.close());
  }

  /** As {@link close}: `using walk = await RandomWalk.create(...)`. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #solve(all: Int32Array, { signal }: SolveOptions): Promise<RandomWalkResult> {
    const result = await cancellable(signal, (cancellation) =>
      callBindingAsync(() => this.#native.solve(all, cancellation)),
    );
    this.#seeds = all;
    return result;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new FlcError('INVALID_CONFIG', 'the random walk has been closed');
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return await turn;
  }
}
