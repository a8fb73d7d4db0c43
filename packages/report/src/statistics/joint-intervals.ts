import type { Random } from '@flc-native/pipeline';
import type { LesionPrediction } from '../evaluation.js';
import { oneVsRestAuc, scoreOrder } from '../metrics/auc.js';
import { bootstrapIntervals, type WeightedStatistics } from '../metrics/bootstrap.js';
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
  const parts = partitions.map((predictions, p): WeightedStatistics => {
    const statistics = statisticsOf(predictions, classes);
    const { starts } = clusters;
    return (weights) => statistics(weights.subarray(starts[p], starts[p + 1]));
  });
  const ones = new Float64Array(clusters.patient.length).fill(1);
  const present = parts.map((part) => part(ones).map(({ value }) => value !== null));
  const joint: WeightedStatistics = (weights) => {
    const values = parts.map((part) => part(weights));
    return (values[0] ?? []).map((first, s) => {
      const found = values.flatMap((of, p) => (present[p]?.[s] ? [of[s] as Measure] : []));
      return found.length === 0 ? first : meanOf(found);
    });
  };
  const intervals = bootstrapIntervals(clusters, joint, options);
  const [total, balanced, f1, agreement, auc, ...perClass] = joint(ones).map((measure, s) =>
    withInterval(measure, intervals[s] ?? null),
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
): WeightedStatistics {
  const scored = toScored(predictions, classes);
  const order = scoreOrder(scored);
  return (weights) => {
    const matrix = confusionMatrix(scored, weights);
    return [
      accuracy(matrix),
      balancedAccuracy(matrix, classes),
      macroF1(matrix, classes),
      kappa(matrix),
      meanOf(classes.map((_, c) => oneVsRestAuc(order, c, weights))),
      ...classes.map((name, c) => sensitivity(matrix, c, name)),
    ];
  };
}
