import { FlcError } from '@flc-native/errors';
import type { LesionPrediction } from '../evaluation.js';

/** The labelled predictions as numbers: what every metric reads. All arrays have one entry per lesion. */
export interface Scored {
  readonly classes: readonly string[];
  /** Index of the true class. */
  readonly truth: Int32Array;
  /** Index of the predicted class. */
  readonly predicted: Int32Array;
  /** `[lesions, classes]`, row major; null where the method gives no probabilities. */
  readonly probabilities: Float64Array | null;
  /** Ids of the lesions without truth: listed, not scored. */
  readonly unlabelled: readonly string[];
}

/**
 * Checks predictions and turns them into numbers; lesions without truth are set apart.
 * @throws FlcError `DATA_ERROR` for a class that is not in `classes`, an id that comes twice, or probabilities that
 * are no distribution over the classes.
 */
export function toScored(
  predictions: readonly LesionPrediction[],
  classes: readonly string[],
): Scored {
  const index = new Map(classes.map((name, i) => [name, i]));
  const ids = new Set<string>();
  for (const prediction of predictions) {
    if (ids.has(prediction.id)) throw bad(prediction, 'the id comes twice');
    ids.add(prediction.id);
    checkProbabilities(prediction, classes.length);
    classIndex(prediction, prediction.predicted, index);
  }
  const labelled = predictions.filter((p) => p.truth !== null);
  const withProbabilities =
    labelled.length > 0 && labelled.every((p) => p.probabilities.length > 0);
  const scored = {
    classes,
    truth: new Int32Array(labelled.length),
    predicted: new Int32Array(labelled.length),
    probabilities: withProbabilities ? new Float64Array(labelled.length * classes.length) : null,
    unlabelled: predictions.filter((p) => p.truth === null).map((p) => p.id),
  };
  labelled.forEach((prediction, i) => {
    scored.truth[i] = classIndex(prediction, prediction.truth ?? '', index);
    scored.predicted[i] = classIndex(prediction, prediction.predicted, index);
    scored.probabilities?.set(prediction.probabilities, i * classes.length);
  });
  return scored;
}

function classIndex(
  prediction: LesionPrediction,
  name: string,
  index: ReadonlyMap<string, number>,
): number {
  const found = index.get(name);
  if (found === undefined) throw bad(prediction, `class "${name}" is not one of the evaluation's`);
  return found;
}

/** Platt scaling and float32 sums leave a rounding error; 1e-3 lets it pass and catches logits and percentages. */
const sumTolerance = 1e-3;

function checkProbabilities(prediction: LesionPrediction, numClasses: number): void {
  const { probabilities } = prediction;
  if (probabilities.length === 0) return;
  const sum = probabilities.reduce((a, b) => a + b, 0);
  const inRange = probabilities.every((p) => p >= 0 && p <= 1);
  if (probabilities.length !== numClasses || !inRange || !(Math.abs(sum - 1) <= sumTolerance)) {
    throw bad(prediction, `probabilities are not a distribution over ${numClasses} classes`);
  }
}

function bad(prediction: LesionPrediction, what: string): FlcError {
  return new FlcError('DATA_ERROR', `Prediction of ${prediction.id}: ${what}.`, {
    details: { id: prediction.id },
    remedy: 'Evaluate again; the predictions do not belong to these classes or are damaged.',
  });
}
