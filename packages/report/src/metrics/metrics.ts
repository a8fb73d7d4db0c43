import { type Random, randomStream } from '@flc-native/pipeline';
import type { LesionPrediction } from '../evaluation.js';
import { oneVsRestAuc, scoreOrder } from './auc.js';
import { bootstrapIntervals, type WeightedStatistics } from './bootstrap.js';
import { expectedCalibrationError, type ReliabilityBin, reliability } from './calibration.js';
import { confusionMatrix, correct, outcomesOf, toRows, total } from './confusion.js';
import { type Measure, meanOf, type Proportion, withInterval } from './measure.js';
import { type Scored, toScored } from './scored.js';
import { absent, accuracy, balancedAccuracy, f1, kappa, macroF1 } from './scores.js';
import { proportion } from './wilson.js';

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
  /** Wilson's interval. */
  readonly accuracy: Proportion;
  /** The same number with the bootstrap interval over patients. */
  readonly accuracyByPatients: Measure;
  readonly balancedAccuracy: Measure;
  readonly macroF1: Measure;
  readonly kappa: Measure;
  /** Mean of the classes' one-vs-rest AUC. */
  readonly macroAuc: Measure;
  readonly calibrationError: Measure;
  readonly perClass: readonly ClassMetrics[];
  /** Counts `[truth][predicted]`. */
  readonly confusion: readonly (readonly number[])[];
  readonly reliability: readonly ReliabilityBin[] | null;
  readonly bootstrap: { readonly replicates: number; readonly unit: 'patient' };
}

export interface MetricsOptions {
  /** Draws of the bootstrap, default 2,000; 0 leaves its intervals out. */
  readonly replicates?: number;
  /** Where the draws come from; default the stream "bootstrap" of seed 0. */
  readonly random?: Pick<Random, 'int'>;
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
  const { replicates = 2000, random = randomStream(0, 'bootstrap') } = options;
  const scored = toScored(predictions, classes);
  const matrix = confusionMatrix(scored);
  const statistics = allStatistics(scored);
  const intervals = bootstrapIntervals(scored, statistics, { replicates, random });
  const ones = new Float64Array(scored.truth.length).fill(1);
  const measures = statistics(ones).map((measure, s) =>
    withInterval(measure, intervals[s] ?? null),
  );
  const [accuracyByPatients, balanced, f1Mean, agreement, macroAuc, ...aucs] = measures as [
    Measure,
    Measure,
    Measure,
    Measure,
    Measure,
    ...Measure[],
  ];
  const bins = reliability(scored);
  return {
    classes,
    lesions: scored.truth.length,
    patients: scored.patients,
    unlabelled: scored.unlabelled,
    accuracy: proportion(correct(matrix), total(matrix), 'no labelled lesion'),
    accuracyByPatients,
    balancedAccuracy: balanced,
    macroF1: f1Mean,
    kappa: agreement,
    macroAuc,
    calibrationError: expectedCalibrationError(bins),
    perClass: classes.map((name, c) => {
      const o = outcomesOf(matrix, c);
      const negatives = o.trueNegative + o.falsePositive;
      return {
        class: name,
        accuracy: proportion(o.truePositive, o.truePositive + o.falseNegative, absent(name)),
        specificity: proportion(
          o.trueNegative,
          negatives,
          `no lesion of a class other than ${name}`,
        ),
        f1: f1(matrix, c, name),
        auc: aucs[c] as Measure,
      };
    }),
    confusion: toRows(matrix),
    reliability: bins,
    bootstrap: { replicates, unit: 'patient' },
  };
}

/** Accuracy, balanced accuracy, macro F1, kappa, macro AUC, then each class's AUC. */
function allStatistics(scored: Scored): WeightedStatistics {
  const { classes } = scored;
  const order = scoreOrder(scored);
  return (weights) => {
    const matrix = confusionMatrix(scored, weights);
    const aucs = classes.map((_, c) => oneVsRestAuc(order, c, weights));
    return [
      accuracy(matrix),
      balancedAccuracy(matrix, classes),
      macroF1(matrix, classes),
      kappa(matrix),
      meanOf(aucs),
      ...aucs,
    ];
  };
}
