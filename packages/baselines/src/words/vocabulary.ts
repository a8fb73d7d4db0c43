import { FlcError } from '@flc-native/errors';
import { kMeans, nearestCentres } from '@flc-native/imaging';
import { randomStream } from '@flc-native/pipeline';
import type { LearningContext } from '../core/describer.js';
import { loadFloats, saveFloats } from '../core/float-array.js';

/** Visual words: the centres of clusters of patches. */
export class Vocabulary {
  readonly #centres: Float32Array;
  readonly dimensions: number;

  /** @param centres [words, dimensions] */
  constructor(centres: Float32Array, dimensions: number) {
    this.#centres = centres;
    this.dimensions = dimensions;
  }

  /**
   * Clusters patches with k-means.
   *
   * @param patches [count, dimensions]
   * @param name of the random draw
   */
  static async learn(
    patches: Float32Array,
    dimensions: number,
    options: { readonly words: number; readonly maxIterations: number; readonly name: string },
    { method, seed, threads, signal }: LearningContext,
  ): Promise<Vocabulary> {
    const random = randomStream(seed, `${method}/${options.name}`);
    const words = Math.min(options.words, patches.length / dimensions);
    const draws = Float64Array.from({ length: words }, () => random.uniform());
    const { centres } = await kMeans({
      data: patches,
      dimensions,
      start: { draws },
      maxIterations: options.maxIterations,
      threads,
      signal,
    });
    return new Vocabulary(centres, dimensions);
  }

  get words(): number {
    return this.#centres.length / this.dimensions;
  }

  /** How many of the patches [count, dimensions] are nearest to each word. */
  async count(patches: Float32Array): Promise<Float64Array> {
    const counts = new Float64Array(this.words);
    for (const word of await nearestCentres(patches, this.#centres, this.dimensions)) {
      counts[word] = (counts[word] as number) + 1;
    }
    return counts;
  }

  toJSON(): object {
    return { dimensions: this.dimensions, centres: saveFloats(this.#centres) };
  }

  /** @throws FlcError CHECKPOINT_CORRUPT */
  static load(json: unknown): Vocabulary {
    const { dimensions, centres } = (json ?? {}) as { dimensions?: unknown; centres?: unknown };
    const values = loadFloats(centres);
    const whole = Number.isSafeInteger(dimensions) && (dimensions as number) > 0;
    if (!whole || values.length % (dimensions as number) !== 0) {
      throw new FlcError('CHECKPOINT_CORRUPT', 'a vocabulary of the saved method is damaged');
    }
    return new Vocabulary(values, dimensions as number);
  }
}

/** Shares that sum to 1; zeros stay. */
export function normalise(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total === 0 ? counts : counts.map((count) => count / total);
}

/** Sum of vectors of equal length. */
export function addInto(total: Float64Array, part: Float64Array): void {
  for (let i = 0; i < total.length; i += 1) {
    total[i] = (total[i] as number) + (part[i] as number);
  }
}
