import type { ComparisonMethod } from '../comparison-method.js';
import { type DefinedMethod, defineMethod, type MethodDefinition } from '../core/define-method.js';
import type { PhaseLayout } from '../core/describer.js';
import { type MachineSettings, machineSettingDocs, machineSettings } from '../core/machine.js';
import { type Bag, BagsOfWords } from './bag-of-words.js';

/** Settings of every method with visual words. */
export interface VocabularySettings extends MachineSettings {
  readonly patchesPerClass: number;
  readonly maxIterations: number;
  readonly normalised: boolean;
}

export const vocabularySettings: VocabularySettings = {
  patchesPerClass: 30_000,
  maxIterations: 500,
  normalised: true,
  ...machineSettings,
};

export const vocabularySettingDocs = {
  patchesPerClass: 'patches drawn of a class to learn the words of one vocabulary (authors)',
  maxIterations: 'most iterations of k-means (authors)',
  normalised: 'histograms sum to 1; else they hold counts (authors)',
  ...machineSettingDocs,
} as const;

/** Settings of methods that look at patches within the mask. */
export interface MaskWordSettings extends VocabularySettings {
  readonly coverage: number;
  readonly words: number;
}

export const coverageSetting = { coverage: 0.9 } as const;

export const coverageDoc = {
  coverage: 'share of a 7 x 7 patch (step 1) that must lie in the mask (ours)',
} as const;

/** Holds for all of them. */
export const vocabularyDeviation =
  'k-means begins once, by k-means++; the re-implementation took the start of scikit-learn of its day, which may have been ' +
  'the best of ten.';

export interface BagMethod<S extends VocabularySettings>
  extends Omit<MethodDefinition<S>, 'learn' | 'load'> {
  readonly bags: (layout: PhaseLayout, settings: S) => readonly Bag[];
}

/** A method whose features are histograms of visual words. */
export function bagMethod<S extends VocabularySettings>(
  method: BagMethod<S>,
): ComparisonMethod<S> & DefinedMethod {
  const { bags, ...common } = method;
  return defineMethod<S>({
    ...common,
    learn: (context, settings) =>
      BagsOfWords.learn(bags(context.layout, settings), settings, context),
    load: (json, settings, layout) =>
      BagsOfWords.load(bags(layout, settings), json, settings.normalised),
  });
}
