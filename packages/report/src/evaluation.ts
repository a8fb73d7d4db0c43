/** Facts of one run that the report prints as they are (versions, seeds, hashes ...): plain JSON, no paths. */
export type Provenance = Readonly<Record<string, unknown>>;

/** The decision on one lesion (or one slice, when the evaluation's unit is the slice). */
export interface LesionPrediction {
  /** The lesion's id; with the unit `slice`, the sample's id. */
  readonly id: string;
  /** Pseudonym of the patient: what intervals and tests take as sampled. */
  readonly patientId: string;
  /** Name of the true class; null where nobody labelled the lesion (listed, never scored). */
  readonly truth: string | null;
  readonly predicted: string;
  /** One value per class, in the order of `classes`, summing to 1; empty where the method gives none. */
  readonly probabilities: readonly number[];
  /** Share of each class among the labelled pixels (Eq. 7-8 of the paper); empty where there is no label map. */
  readonly proportions: readonly number[];
  /** Ids of the prepared samples that the decision rests on. */
  readonly sliceIds: readonly string[];
  readonly warnings: readonly string[];
}

/** The classes of the patches of one sample, put at the patches' centre pixels. */
export interface EvaluatedLabelMap {
  /** Id of the prepared sample. */
  readonly sampleId: string;
  /** Rows of the ROI. */
  readonly h: number;
  /** Columns of the ROI. */
  readonly w: number;
  /** `[h, w]`, row major: index into `classes`, -1 where no patch was centred. */
  readonly data: Int8Array;
}

/**
 * What the report needs to know of one evaluation of one partition. The evaluator's own result fits this type by
 * its shape; `name` is what tables call the evaluation ("set1"), else `provenance.partition` or a number is used.
 */
export interface EvaluationResult {
  readonly name?: string;
  /** Where a partition was trained with several seeds: which one (the same for all its trainings), and the seed. */
  readonly repeat?: { readonly of: string; readonly seed: number };
  readonly classes: readonly string[];
  readonly unit: 'slice' | 'lesion';
  /** True when the cohort is a phantom; every page then says so. */
  readonly synthetic: boolean;
  readonly predictions: readonly LesionPrediction[];
  readonly labelMaps: readonly EvaluatedLabelMap[];
  readonly provenance: Provenance;
}

/** The name of an evaluation in tables and file names; `index` counts from 0. */
export function evaluationName(evaluation: EvaluationResult, index: number): string {
  const partition = evaluation.provenance.partition;
  return evaluation.name ?? (typeof partition === 'string' ? partition : `set${index + 1}`);
}
