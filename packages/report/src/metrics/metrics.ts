import { type Random, randomStream } from '@flc-native/pipeline';
import type { LesionPrediction } from '../evaluation.js';
import { expectedCalibrationError, type ReliabilityBin, reliability } from './calibration.js';
import { confusionMatrix, toRows } from './confusion.js';
import { jointMeasures } from './joint-measures.js';
import { lessProbable } from './less-probable.js';
import { type Measure, type Proportion, withInterval } from './measure.js';
import { toScored } from './scored.js';
import { f1 } from './scores.js';
import { labelledOf, share } from './share.js';

export interface ClassMetrics {
  readonly class: string;
  /** Right decisions among the lesions of this class: what the paper prints as the accuracy of a class. */
  readonly accuracy: Proportion;
  /** Lesions of other classes that are not called this class. */
  readonly specificity: Proportion;
  readonly f1: Measure;
  /** One against the rest. */
  readonly auc: Measure;
}

/** Everything measured on one evaluation. Shares lie in 0..1; each undefined value carries its reason. */
export interface Metrics {
  readonly classes: readonly string[];
  /** Lesions with a known class: what is scored. */
  readonly lesions: number;
  readonly patients: number;
  /** Ids of lesions without a known class: listed, not scored. */
  readonly unlabelled: readonly string[];
  readonly accuracy: Proportion;
  readonly balancedAccuracy: Measure;
  readonly macroF1: Measure;
  readonly kappa: Measure;
  /** Mean of the classes' one-vs-rest AUC. */
  readonly macroAuc: Measure;
  readonly calibrationError: Measure;
  /** Lesions whose decided class is not the most probable one; null without probabilities. */
  readonly lessProbable: number | null;
  readonly perClass: readonly ClassMetrics[];
  /** Counts `[truth][predicted]`. */
  readonly confusion: readonly (readonly number[])[];
  readonly reliability: readonly ReliabilityBin[] | null;
  readonly bootstrap: { readonly replicates: number; readonly unit: 'patient' };
}

export interface MetricsOptions {
  /** Draws of the bootstrap, default 2,000; 0 leaves its intervals out. */
  readonly replicates?: number | undefined;
  /** Where the draws come from; default the stream "bootstrap" of seed 0. */
  readonly random?: Pick<Random, 'int'> | undefined;
  /** Why no value may have an interval, such as lesions that the method learned from. */
  readonly noIntervals?: string | undefined;
}

/**
 * Scores predictions against the truth.
 * @throws FlcError `DATA_ERROR` for predictions that do not fit `classes` (see `toScored`).
 */
export function computeMetrics(
  predictions: readonly LesionPrediction[],
  classes: readonly string[],
  options: MetricsOptions = {},
): Metrics {
  const { replicates = 2000, random = randomStream(0, 'bootstrap'), noIntervals } = options;
  const scored = toScored(predictions, classes);
  const labelled = labelledOf(predictions);
  const matrix = confusionMatrix(scored);
  const joint = jointMeasures([[labelled]], classes, {
    replicates: noIntervals === undefined ? replicates : 0,
    random,
  });
  const shown = <M extends Measure>(measure: M): M =>
    noIntervals === undefined ? measure : withInterval(measure, noIntervals);
  const bins = reliability(scored);
  return {
    classes,
    lesions: labelled.length,
    patients: new Set(labelled.map((of) => of.patientId)).size,
    unlabelled: scored.unlabelled,
    accuracy: shown(joint.accuracy),
    balancedAccuracy: shown(joint.balancedAccuracy),
    macroF1: shown(joint.macroF1),
    kappa: shown(joint.kappa),
    macroAuc: shown(joint.macroAuc),
    calibrationError: expectedCalibrationError(bins),
    lessProbable: lessProbable(scored),
    perClass: joint.perClass.map(({ accuracy, auc }, c) => {
      const name = classes[c] as string;
      const others = labelled.filter(({ truth }) => truth !== name);
      const reason = `no lesion of a class other than ${name}`;
      return {
        class: name,
        accuracy: shown(accuracy),
        specificity: shown(share([others], ({ predicted }) => predicted !== name, reason)),
        f1: f1(matrix, c, name),
        auc: shown(auc),
      };
    }),
    confusion: toRows(matrix),
    reliability: bins,
    bootstrap: { replicates, unit: 'patient' },
  };
}
