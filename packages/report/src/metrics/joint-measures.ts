import type { Random } from '@flc-native/pipeline';
import type { LesionPrediction } from '../evaluation.js';
import { oneVsRestAuc, scoreOrder } from './auc.js';
import { bootstrapIntervals, type WeightedStatistics } from './bootstrap.js';
import { confusionMatrix } from './confusion.js';
import { type Measure, meanInterval, meanOf, type Proportion, withInterval } from './measure.js';
import { toScored } from './scored.js';
import { absent, balancedAccuracy, kappa, macroF1, nothingScored } from './scores.js';
import { isRight, labelledOf, share } from './share.js';

/** Means over the partitions, each with an interval that takes patients as what was sampled. */
export interface JointMeasures {
  readonly accuracy: Proportion;
  readonly balancedAccuracy: Measure;
  readonly macroF1: Measure;
  readonly kappa: Measure;
  readonly macroAuc: Measure;
  /** In the order of the classes. */
  readonly perClass: readonly { readonly accuracy: Proportion; readonly auc: Measure }[];
}

/** What each training made of the test part of one partition. */
export type Trainings = readonly (readonly LesionPrediction[])[];

/**
 * Scores of one method: the mean over the partitions of the mean over their trainings. Someone who is tested twice is
 * one patient. A value that a partition does not have (no lesion of a class) is left out of the mean, as in
 * `summarizePartitions`.
 * @throws FlcError `DATA_ERROR` for predictions that do not fit `classes`.
 */
export function jointMeasures(
  partitions: readonly Trainings[],
  classes: readonly string[],
  options: { readonly replicates: number; readonly random: Pick<Random, 'int'> },
): JointMeasures {
  const labelled = partitions.map((trainings) => trainings.map(labelledOf));
  const pooled = labelled.map((trainings) => trainings.flat());
  const statistics = jointStatistics(labelled, classes);
  const lesions = pooled.flat();
  const intervals = bootstrapIntervals(lesions, statistics, options);
  const [balanced, f1, agreement, auc, ...aucs] = statistics(ones(lesions.length)).map((of, s) =>
    withInterval(of, intervals[s] as (typeof intervals)[number]),
  ) as [Measure, Measure, Measure, Measure, ...Measure[]];
  const perClass = classes.map((name, c) => {
    const ofClass = pooled.map((of) => of.filter(({ truth }) => truth === name));
    return { accuracy: share(ofClass, isRight, absent(name)), auc: aucs[c] as Measure };
  });
  return {
    accuracy: share(pooled, isRight, partitions.length === 0 ? nothing.reason : nothingScored),
    balancedAccuracy:
      balanced.value === null
        ? balanced
        : withInterval(
            { value: balanced.value, interval: null },
            meanInterval(
              balanced.value,
              perClass.map((of) => of.accuracy),
            ),
          ),
    macroF1: f1,
    kappa: agreement,
    macroAuc: auc,
    perClass,
  };
}

/** Weights are of the lesions of all trainings of all partitions, one after the other. */
function jointStatistics(
  partitions: readonly Trainings[],
  classes: readonly string[],
): WeightedStatistics {
  let end = 0;
  const parts = partitions.map((trainings) =>
    trainings.map((lesions) => {
      const [start, stop] = [end, end + lesions.length];
      end = stop;
      const statistics = statisticsOf(lesions, classes);
      const defined = statistics(ones(lesions.length)).map(({ value }) => value !== null);
      return { defined, of: (all: Float64Array) => statistics(all.subarray(start, stop)) };
    }),
  );
  return (weights) => {
    const values = parts.map((trainings) => trainings.map(({ of }) => of(weights)));
    return Array.from({ length: 4 + classes.length }, (_, s) => {
      const means = values.flatMap((trainings, p) => {
        const found = trainings.filter((_, t) => parts[p]?.[t]?.defined[s]);
        return found.length === 0 ? [] : [meanOf(found.map((of) => of[s] as Measure))];
      });
      return means.length > 0 ? meanOf(means) : (values[0]?.[0]?.[s] ?? nothing);
    });
  };
}

const nothing = { value: null, reason: 'no partition was evaluated' } as const;

/** Balanced accuracy, macro F1, kappa, macro AUC, then each class's AUC. */
function statisticsOf(
  lesions: readonly LesionPrediction[],
  classes: readonly string[],
): WeightedStatistics {
  const scored = toScored(lesions, classes);
  const order = scoreOrder(scored);
  return (weights) => {
    const matrix = confusionMatrix(scored, weights);
    const aucs = classes.map((_, c) => oneVsRestAuc(order, c, weights));
    return [
      balancedAccuracy(matrix, classes),
      macroF1(matrix, classes),
      kappa(matrix),
      meanOf(aucs),
      ...aucs,
    ];
  };
}

const ones = (length: number) => new Float64Array(length).fill(1);
