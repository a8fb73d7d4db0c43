import type { EvaluationResult, Provenance } from '../evaluation.js';
import type { CohortSample, CohortSplits, PreparedCohort } from '../prepared-cohort.js';
import type { TrainingHistory } from '../training-events.js';

/** `oracle`: the Bayes decision on a phantom's latent values, a ceiling and no method. */
export type MethodGroup = 'classic' | 'network' | 'ablation' | 'oracle';

/** A partition that a method has no result for. */
export interface MissingPartition {
  readonly partition: string;
  /** Of the FlcError that ended it. */
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** One method (row) of the comparison. */
export interface ComparisonEntry {
  /** Short key, unique. */
  readonly method: string;
  /** What tables call it. */
  readonly title: string;
  readonly citation?: string;
  readonly group: MethodGroup;
  /** The paper's name of this row of its Table 2 (see `paperTable2`). */
  readonly paperRow?: string;
  /** One per partition; the same order and the same lesions for all methods. Partitions that failed are left out. */
  readonly evaluations: readonly EvaluationResult[];
  readonly missing?: readonly MissingPartition[];
  /** Fitting and predicting, all partitions. */
  readonly seconds?: number;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Where this implementation differs from its source, a sentence each. */
  readonly deviations?: readonly string[];
  readonly events?: readonly TrainingHistory[];
}

export interface ComparisonInput<S extends CohortSample = CohortSample> {
  readonly title: string;
  /** In the order of probabilities and label maps. */
  readonly classes: readonly string[];
  readonly synthetic: boolean;
  /** In the order of the table. */
  readonly entries: readonly ComparisonEntry[];
  readonly prepared?: PreparedCohort<S> | undefined;
  readonly splits?: CohortSplits | undefined;
  /** Settings smaller than the paper's, named. */
  readonly caption?: string | undefined;
  readonly provenance: Provenance;
  /** Key of the method that the others are tested against; default the last network row that has results. */
  readonly reference?: string | undefined;
  /** Draws of the bootstrap over patients, default 2,000; tests that cannot count all signs draw 50 times as many. */
  readonly replicates?: number | undefined;
}
