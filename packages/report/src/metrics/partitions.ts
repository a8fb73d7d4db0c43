import type { Measure } from './measure.js';
import type { Metrics } from './metrics.js';

/** A metric over several partitions, as the paper prints its table: mean and sample standard deviation (n - 1). */
export interface Aggregate {
  /** Mean over the partitions in which the metric is defined; null where it is in none. */
  readonly mean: number | null;
  /** Sample standard deviation; null with fewer than two values. */
  readonly sd: number | null;
  /** One value per partition, in order; null where undefined. */
  readonly values: readonly (number | null)[];
  /** Why something is missing. */
  readonly reason?: string;
}

export interface PartitionSummary {
  readonly partitions: readonly string[];
  readonly accuracy: Aggregate;
  readonly perClass: readonly { readonly class: string; readonly accuracy: Aggregate }[];
  readonly balancedAccuracy: Aggregate;
  readonly macroF1: Aggregate;
  readonly kappa: Aggregate;
  readonly macroAuc: Aggregate;
  readonly calibrationError: Aggregate;
}

/** Mean and sample standard deviation of one metric over partitions. */
export function aggregate(measures: readonly Measure[], partitions: readonly string[]): Aggregate {
  const values = measures.map((measure) => measure.value);
  const present = values.filter((value) => value !== null);
  const missing = measures.flatMap((measure, i) =>
    measure.value === null ? [`${partitions[i]}: ${measure.reason}`] : [],
  );
  if (present.length < 2) missing.push('a standard deviation needs two partitions');
  const mean =
    present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
  const squares = present.reduce((sum, value) => sum + (value - (mean ?? 0)) ** 2, 0);
  return {
    mean,
    sd: present.length < 2 ? null : Math.sqrt(squares / (present.length - 1)),
    values,
    ...(missing.length === 0 ? {} : { reason: missing.join('; ') }),
  };
}

/** The metrics of several partitions, or folds, of one method. */
export function summarizePartitions(
  runs: readonly { readonly name: string; readonly metrics: Metrics }[],
): PartitionSummary {
  const partitions = runs.map((run) => run.name);
  const of = (pick: (metrics: Metrics) => Measure) =>
    aggregate(
      runs.map((run) => pick(run.metrics)),
      partitions,
    );
  return {
    partitions,
    accuracy: of((m) => m.accuracy),
    perClass: (runs[0]?.metrics.classes ?? []).map((name, c) => ({
      class: name,
      accuracy: of((m) => m.perClass[c]?.accuracy ?? { value: null, reason: 'class unknown' }),
    })),
    balancedAccuracy: of((m) => m.balancedAccuracy),
    macroF1: of((m) => m.macroF1),
    kappa: of((m) => m.kappa),
    macroAuc: of((m) => m.macroAuc),
    calibrationError: of((m) => m.calibrationError),
  };
}
