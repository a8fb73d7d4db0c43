import { FlcError } from '@flc-native/errors';
import { stratifiedFolds } from './folds.js';
import type { SvmOptions } from './options.js';
import { cooperative } from './pause.js';
import { checkTrainingSamples, type LabelledSamples } from './samples.js';
import { SupportVectorClassifier } from './support-vector-classifier.js';

export interface CrossValidationOptions extends LabelledSamples {
  readonly options: SvmOptions;
  /** Number of parts, 2 to the number of samples; 5 where left out. */
  readonly folds?: number | undefined;
  /** Of the folds; 0 where left out. */
  readonly seed?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CrossValidationResult {
  /** Share of samples whose label was predicted by the machine that had not seen them. */
  readonly accuracy: number;
  readonly foldAccuracies: readonly number[];
  /** The predicted label of each sample. */
  readonly predictions: readonly number[];
}

/**
 * k-fold cross-validation with stratified folds. The event loop runs between the trainings of pairs.
 *
 * @throws FlcError DATA_ERROR (also where a part leaves one class only), INVALID_CONFIG (folds, options), CANCELLED
 */
export async function crossValidate(
  { X, y, options, folds = 5, seed = 0, signal }: CrossValidationOptions,
  onProgress?: (progress: { readonly done: number; readonly total: number }) => void,
): Promise<CrossValidationResult> {
  const { classIndex } = checkTrainingSamples({ X, y });
  if (!Number.isSafeInteger(folds) || folds < 2 || folds > X.length) {
    throw new FlcError('INVALID_CONFIG', `folds must be 2 to ${X.length}, got ${folds}`, {
      details: { folds, samples: X.length },
    });
  }
  const fold = stratifiedFolds(classIndex, folds, seed);
  const predictions = new Array<number>(X.length);
  const foldAccuracies: number[] = [];
  const pause = cooperative(signal);
  for (let out = 0; out < folds; out++) {
    await pause();
    const of = (wanted: boolean) =>
      Array.from(fold.keys()).filter((sample) => (fold[sample] === out) === wanted);
    const [kept, held] = [of(false), of(true)];
    const pick = <T>(values: readonly T[], samples: readonly number[]) =>
      samples.map((sample) => values[sample] as T);
    const machine = await new SupportVectorClassifier({ ...options, probability: false }).fit(
      pick(X, kept),
      pick(y, kept),
      undefined,
      { signal },
    );
    let right = 0;
    for (const [index, label] of machine.predict(pick(X, held)).entries()) {
      const sample = held[index] as number;
      predictions[sample] = label;
      if (label === y[sample]) right++;
    }
    foldAccuracies.push(right / held.length);
    onProgress?.({ done: out + 1, total: folds });
  }
  const right = predictions.filter((label, sample) => label === y[sample]).length;
  return { accuracy: right / y.length, foldAccuracies, predictions };
}
