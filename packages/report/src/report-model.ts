import { FlcError } from '@flc-native/errors';
import { cohortTable, lesionsWithoutOrdinaryPatch, splitTable } from './cohort-tables.js';
import { type EvaluationResult, evaluationName, type LesionPrediction } from './evaluation.js';
import type { Table } from './format/table.js';
import { type Proportion, withInterval } from './metrics/measure.js';
import { computeMetrics, type Metrics } from './metrics/metrics.js';
import { type PartitionSummary, summarizePartitions } from './metrics/partitions.js';
import { isRight, labelledOf, share } from './metrics/share.js';
import type { CohortSample, CohortSplits } from './prepared-cohort.js';
import { fittedPart } from './statements.js';
import type { TrainingHistory } from './training-events.js';

export type Verdict = 'wrong' | 'right' | 'unlabelled';

export interface ReportedLesion {
  readonly prediction: LesionPrediction;
  readonly verdict: Verdict;
}

/** One evaluation, scored. */
export interface ReportedEvaluation {
  readonly name: string;
  readonly evaluation: EvaluationResult;
  readonly metrics: Metrics;
  /** Accuracy without the lesions that have no ordinary patch; null where there are none. */
  readonly ordinaryAccuracy: Proportion | null;
  /** Wrong decisions first, then right ones, then lesions without truth; in each group as evaluated. */
  readonly lesions: readonly ReportedLesion[];
}

/** Everything that the output forms print; each of them is a rendering of this. */
export interface ReportModel {
  readonly title: string;
  readonly synthetic: boolean;
  readonly evaluations: readonly ReportedEvaluation[];
  readonly summary: PartitionSummary;
  /** Cohort and split tables; empty without a prepared cohort. */
  readonly cohort: readonly Table[];
  readonly training: readonly TrainingHistory[];
}

export interface ReportModelInput {
  readonly title: string;
  readonly evaluations: readonly EvaluationResult[];
  readonly cohort?: {
    readonly samples: readonly CohortSample[];
    readonly classes: readonly string[];
    readonly synthetic?: boolean;
  };
  readonly splits?: CohortSplits | undefined;
  readonly training?: readonly TrainingHistory[] | undefined;
  /** Draws of the bootstrap. */
  readonly replicates?: number | undefined;
}

/**
 * Scores the evaluations and orders what a report shows.
 * @throws FlcError `DATA_ERROR` for predictions that do not fit their classes, or evaluations over different classes.
 */
export function buildReport(input: ReportModelInput): ReportModel {
  const { title, evaluations, cohort, splits, training = [] } = input;
  checkClasses(evaluations);
  const options = input.replicates === undefined ? {} : { replicates: input.replicates };
  const reported = evaluations.map((evaluation, i) => ({
    name: evaluationName(evaluation, i),
    evaluation,
    metrics: computeMetrics(evaluation.predictions, evaluation.classes, {
      ...options,
      ...(fittedPart(evaluation) === null ? {} : { noIntervals: noTest }),
    }),
    ordinaryAccuracy: ordinaryAccuracy(evaluation, cohort?.samples ?? []),
    lesions: orderedLesions(evaluation.predictions),
  }));
  const tables = cohort === undefined ? [] : [cohortTable(cohort.samples, cohort.classes)];
  if (cohort !== undefined && splits !== undefined) {
    tables.push(splitTable(cohort.samples, cohort.classes, splits));
  }
  return {
    title,
    synthetic: cohort?.synthetic === true || evaluations.some((of) => of.synthetic),
    evaluations: reported,
    summary: summarizePartitions(reported),
    cohort: tables,
    training,
  };
}

function ordinaryAccuracy(
  evaluation: EvaluationResult,
  samples: readonly CohortSample[],
): Proportion | null {
  const labelled = labelledOf(evaluation.predictions);
  const without = lesionsWithoutOrdinaryPatch(labelled, samples);
  if (without.size === 0) return null;
  const kept = labelled.filter((of) => !without.has(of.id));
  const found = share([kept], isRight, 'no lesion has an ordinary patch');
  return fittedPart(evaluation) === null ? found : withInterval(found, noTest);
}

const noTest = 'the part is no test part';

/** Averages over evaluations are of classes of one name; their order may differ. */
function checkClasses(evaluations: readonly EvaluationResult[]): void {
  const names = ({ classes }: EvaluationResult) => [...classes].sort().join('\n');
  const other = evaluations.find((of) => names(of) !== names(evaluations[0] ?? of));
  if (other === undefined) return;
  throw new FlcError('DATA_ERROR', 'The evaluations are over different classes.', {
    details: { expected: evaluations[0]?.classes, got: other.classes },
    remedy: 'Report runs of one cohort together, and others apart.',
  });
}

const order: readonly Verdict[] = ['wrong', 'right', 'unlabelled'];

/** Wrong decisions first, then right ones, then lesions without truth. */
export function orderedLesions(predictions: readonly LesionPrediction[]): ReportedLesion[] {
  const lesions = predictions.map((prediction) => ({ prediction, verdict: verdictOf(prediction) }));
  return order.flatMap((verdict) => lesions.filter((lesion) => lesion.verdict === verdict));
}

function verdictOf({ truth, predicted }: LesionPrediction): Verdict {
  if (truth === null) return 'unlabelled';
  return truth === predicted ? 'right' : 'wrong';
}
