import { FlcError } from '@flc-native/errors';
import { type EvaluationResult, evaluationName } from '../evaluation.js';
import { computeMetrics, type Metrics } from '../metrics/metrics.js';
import { type PartitionSummary, summarizePartitions } from '../metrics/partitions.js';
import type { ComparisonEntry, MissingPartition } from './comparison.js';

/** One training on one partition of one method. */
export interface ScoredRun {
  /** Name of the run: the partition's, with the seed where there are several. */
  readonly partition: string;
  /** Name of the partition in the splits. */
  readonly of: string;
  readonly evaluation: EvaluationResult;
  readonly metrics: Metrics;
}

export interface ScoredMethod {
  /** Those that have results, in order. */
  readonly runs: readonly ScoredRun[];
  readonly missing: readonly MissingPartition[];
  /** Mean and standard deviation over the partitions. */
  readonly summary: PartitionSummary;
}

/** Scores each partition by itself; results that do not fit count as missing, with the reason. */
export function scoreMethod(entry: ComparisonEntry, classes: readonly string[]): ScoredMethod {
  const runs: ScoredRun[] = [];
  const missing = [...(entry.missing ?? [])];
  entry.evaluations.forEach((evaluation, i) => {
    const partition = evaluationName(evaluation, i);
    try {
      checkFits(evaluation, classes);
      if (runs.some((run) => run.partition === partition)) {
        throw new FlcError('DATA_ERROR', 'Two evaluations are of this partition.');
      }
      // Intervals are made jointly over the partitions.
      const metrics = computeMetrics(evaluation.predictions, classes, { replicates: 0 });
      runs.push({ partition, of: evaluation.repeat?.of ?? partition, evaluation, metrics });
    } catch (error) {
      if (!(error instanceof FlcError)) throw error;
      missing.push({ partition, code: error.code, message: error.message });
    }
  });
  const summary = summarizePartitions(
    runs.map(({ partition, of, metrics }) => ({ name: partition, of, metrics })),
  );
  return { runs, missing, summary };
}

function checkFits(evaluation: EvaluationResult, classes: readonly string[]): void {
  if (evaluation.classes.join('\n') !== classes.join('\n')) {
    throw new FlcError('DATA_ERROR', 'The evaluation is over other classes.', {
      details: { expected: classes, got: evaluation.classes },
    });
  }
}
