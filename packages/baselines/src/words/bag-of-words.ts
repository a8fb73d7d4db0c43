import { FlcError } from '@flc-native/errors';
import type { SamplePixels } from '@flc-native/pipeline';
import type { LearningContext, LesionDescriber } from '../core/describer.js';
import { cutPatches, type PatchContent, patchDimensions } from '../patches/cut-patches.js';
import { drawPatches } from '../patches/draw-patches.js';
import type { SlicePatches } from '../patches/slice-patches.js';
import { addInto, normalise, Vocabulary } from './vocabulary.js';

/** Patches of one kind with words of their own. */
export interface Bag {
  /** Of its random draws. */
  readonly name: string;
  readonly words: number;
  readonly content: PatchContent;
  readonly patches: (slice: SamplePixels) => SlicePatches;
}

export interface BagOptions {
  /** Patches of a class that each bag's words are learned from. */
  readonly patchesPerClass: number;
  readonly maxIterations: number;
  /** Each histogram sums to 1; else it holds counts. */
  readonly normalised: boolean;
}

/** A lesion as the histograms of its bags one after the other, pooled over its slices. */
export class BagsOfWords implements LesionDescriber {
  readonly #bags: readonly Bag[];
  readonly #vocabularies: readonly Vocabulary[];
  readonly #normalised: boolean;

  constructor(bags: readonly Bag[], vocabularies: readonly Vocabulary[], normalised: boolean) {
    this.#bags = bags;
    this.#vocabularies = vocabularies;
    this.#normalised = normalised;
  }

  /** Learns the words of each bag from patches of the train lesions. */
  static async learn(
    bags: readonly Bag[],
    options: BagOptions,
    context: LearningContext,
  ): Promise<BagsOfWords> {
    const vocabularies: Vocabulary[] = [];
    for (const [done, bag] of bags.entries()) {
      const [patches] = (await drawPatches(context, {
        stream: `${bag.name}/patches`,
        perClass: options.patchesPerClass,
        corners: (slice) => bag.patches(slice).corners,
        contents: [bag.content],
      })) as [Float32Array];
      vocabularies.push(
        await Vocabulary.learn(
          patches,
          patchDimensions(bag.content),
          { words: bag.words, maxIterations: options.maxIterations, name: `${bag.name}/words` },
          context,
        ),
      );
      context.progress('words', done + 1, bags.length);
    }
    return new BagsOfWords(bags, vocabularies, options.normalised);
  }

  /** From {@link toJSON}. @throws FlcError CHECKPOINT_CORRUPT */
  static load(bags: readonly Bag[], json: unknown, normalised: boolean): BagsOfWords {
    if (!Array.isArray(json) || json.length !== bags.length) {
      throw new FlcError('CHECKPOINT_CORRUPT', 'the vocabularies of the saved method are damaged');
    }
    return new BagsOfWords(bags, json.map(Vocabulary.load), normalised);
  }

  get summary() {
    return { words: this.#vocabularies.map(({ words }) => words) };
  }

  async describe({ slices }: { readonly slices: readonly SamplePixels[] }) {
    const histograms: Float64Array[] = [];
    const warnings = new Set<string>();
    for (const [i, bag] of this.#bags.entries()) {
      const vocabulary = this.#vocabularies[i] as Vocabulary;
      const counts = new Float64Array(vocabulary.words);
      for (const slice of slices) {
        const patches = bag.patches(slice);
        for (const warning of patches.warnings) warnings.add(warning);
        addInto(counts, await vocabulary.count(cutPatches(slice, patches.corners, bag.content)));
      }
      histograms.push(this.#normalised ? normalise(counts) : counts);
    }
    return { values: concatenate(histograms), warnings: [...warnings] };
  }

  toJSON(): unknown {
    return this.#vocabularies;
  }
}

function concatenate(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}
