import type { Measure } from './measure.js';
import type { Metrics } from './metrics.js';

/** A metric over several partitions, as the paper prints its table: mean and sample standard deviation (n - 1). */
export interface Aggregate {
  /** Mean over the partitions in which the metric is defined; null where it is in none. */
  readonly mean: number | null;
  /** Sample standard deviation over the partitions; null with fewer than two values. */
  readonly sd: number | null;
  /** One value per partition, in order, the mean over its trainings; null where undefined. */
  readonly values: readonly (number | null)[];
  /** Standard deviation over the seeds within a partition, pooled; null where no partition was trained twice. */
  readonly seedSd: number | null;
  /** Why something is missing. */
  readonly reason?: string;
}

/** One training on one partition. */
export interface Run {
  readonly name: string;
  /** Its partition, where that was trained more than once; default the name. */
  readonly of?: string;
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

/** Mean and sample standard deviation over partitions of one metric, a value for each run. */
export function aggregate(measures: readonly Measure[], runs: readonly Run[]): Aggregate {
  const trainings = partitionsOf(runs).map((partition) =>
    measures.flatMap(({ value }, i) =>
      value !== null && partitionOf(runs[i] as Run) === partition ? [value] : [],
    ),
  );
  const values = trainings.map((of) => (of.length === 0 ? null : meanOf(of)));
  const present = values.filter((value) => value !== null);
  const missing = measures.flatMap((measure, i) =>
    measure.value === null ? [`${runs[i]?.name}: ${measure.reason}`] : [],
  );
  if (present.length < 2) missing.push('a standard deviation needs two partitions');
  return {
    mean: present.length === 0 ? null : meanOf(present),
    sd: pooledDeviation([present]),
    values,
    seedSd: pooledDeviation(trainings),
    ...(missing.length === 0 ? {} : { reason: missing.join('; ') }),
  };
}

/** Names of the partitions, in order. */
export function partitionsOf(runs: readonly Run[]): string[] {
  return [...new Set(runs.map(partitionOf))];
}

function partitionOf({ name, of = name }: Run): string {
  return of;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sample standard deviation within groups; null where no group has two values. */
function pooledDeviation(groups: readonly (readonly number[])[]): number | null {
  const freedom = groups.reduce((sum, group) => sum + Math.max(0, group.length - 1), 0);
  if (freedom === 0) return null;
  const squares = groups.flatMap((group) => group.map((value) => (value - meanOf(group)) ** 2));
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / freedom);
}

/**
 * The metrics of several partitions, or folds, of one method. Classes are matched by name: evaluations may list them in
 * another order.
 */
export function summarizePartitions(
  runs: readonly (Run & { readonly metrics: Metrics })[],
): PartitionSummary {
  const of = (pick: (metrics: Metrics) => Measure) =>
    aggregate(
      runs.map((run) => pick(run.metrics)),
      runs,
    );
  return {
    partitions: partitionsOf(runs),
    accuracy: of((m) => m.accuracy),
    perClass: (runs[0]?.metrics.classes ?? []).map((name) => ({
      class: name,
      accuracy: of(
        (m) =>
          m.perClass.find((one) => one.class === name)?.accuracy ?? {
            value: null,
            reason: `class ${name} unknown`,
          },
      ),
    })),
    balancedAccuracy: of((m) => m.balancedAccuracy),
    macroF1: of((m) => m.macroF1),
    kappa: of((m) => m.kappa),
    macroAuc: of((m) => m.macroAuc),
    calibrationError: of((m) => m.calibrationError),
  };
}
