import type { Random } from '@flc-native/pipeline';
import type { LesionPrediction } from '../evaluation.js';
import { oneVsRestAuc, scoreOrder } from '../metrics/auc.js';
import { bootstrapIntervals, type WeightedStatistic } from '../metrics/bootstrap.js';
import { confusionMatrix } from '../metrics/confusion.js';
import { type Measure, meanOf, notDefined, withInterval } from '../metrics/measure.js';
import { toScored } from '../metrics/scored.js';
import { accuracy, balancedAccuracy, kappa, macroF1, sensitivity } from '../metrics/scores.js';
import { clusterPatients } from './clusters.js';

/** Means over the partitions, each with a bootstrap interval over patients. */
export interface JointMeasures {
  readonly accuracy: Measure;
  readonly balancedAccuracy: Measure;
  readonly macroF1: Measure;
  readonly kappa: Measure;
  readonly macroAuc: Measure;
  /** Accuracy of each class, in the order of the classes. */
  readonly perClass: readonly Measure[];
}

/**
 * Scores of one method over several partitions: the mean of the partitions' values and its percentile interval when
 * patients are drawn jointly (see `clusterPatients`). A value that a partition does not have (no lesion of a class) is
 * left out of the mean, as in `summarizePartitions`.
 * @throws FlcError `DATA_ERROR` for predictions that do not fit `classes`.
 */
export function jointMeasures(
  partitions: readonly (readonly LesionPrediction[])[],
  classes: readonly string[],
  options: { readonly replicates: number; readonly random: Pick<Random, 'int'> },
): JointMeasures {
  const clusters = clusterPatients(partitions);
  const parts = partitions.map((predictions) => statisticsOf(predictions, classes));
  const ones = new Float64Array(clusters.patient.length).fill(1);
  const joint = (parts[0] ?? []).map((_, s): WeightedStatistic => {
    const present = parts.flatMap((part, p) => {
      const statistic = part[s] as WeightedStatistic;
      const weightsOf = (weights: Float64Array) =>
        weights.subarray(clusters.starts[p], clusters.starts[p + 1]);
      const { value } = statistic(weightsOf(ones));
      return value === null ? [] : [(weights: Float64Array) => statistic(weightsOf(weights))];
    });
    if (present.length === 0) return (parts[0] as WeightedStatistic[])[s] as WeightedStatistic;
    return (weights) => meanOf(present.map((statistic) => statistic(weights)));
  });
  const intervals = bootstrapIntervals(clusters, joint, options);
  const [total, balanced, f1, agreement, auc, ...perClass] = joint.map((statistic, s) =>
    withInterval(statistic(ones), intervals[s] ?? null),
  );
  const missing = notDefined('no partition was evaluated');
  return {
    accuracy: total ?? missing,
    balancedAccuracy: balanced ?? missing,
    macroF1: f1 ?? missing,
    kappa: agreement ?? missing,
    macroAuc: auc ?? missing,
    perClass: classes.map((_, c) => perClass[c] ?? missing),
  };
}

/** In the order of `JointMeasures`. */
function statisticsOf(
  predictions: readonly LesionPrediction[],
  classes: readonly string[],
): WeightedStatistic[] {
  const scored = toScored(predictions, classes);
  const order = scoreOrder(scored);
  const matrix = (weights: Float64Array) => confusionMatrix(scored, weights);
  return [
    (weights) => accuracy(matrix(weights)),
    (weights) => balancedAccuracy(matrix(weights), classes),
    (weights) => macroF1(matrix(weights), classes),
    (weights) => kappa(matrix(weights)),
    (weights) => meanOf(classes.map((_, c) => oneVsRestAuc(order, c, weights))),
    ...classes.map(
      (name, c): WeightedStatistic =>
        (weights) =>
          sensitivity(matrix(weights), c, name),
    ),
  ];
}
