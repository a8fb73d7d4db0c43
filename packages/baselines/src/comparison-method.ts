import type { Prepared, PreparedSample } from '@flc-native/pipeline';

/** Keys of the methods, as on the command line. */
export type MethodName = 'roy' | 'yang' | 'wang' | 'xu-2018' | 'diamant' | 'diamant-mi' | 'xu-2016';

/** A lesion without its class: all that a prediction may know. */
export interface UnlabelledLesion {
  readonly id: string;
  readonly patientId: string;
  /** All slices of the lesion. */
  readonly samples: readonly PreparedSample[];
}

export interface LabelledLesion extends UnlabelledLesion {
  /** One of the classes of the prepared cohort. */
  readonly class: string;
}

export interface FitProgress {
  readonly stage: 'patches' | 'words' | 'features' | 'svm';
  readonly done: number;
  readonly total: number;
}

/** What a method learns from. */
export interface FitContext {
  readonly prepared: Prepared;
  /** Vocabularies, dictionaries and scales come from these alone. */
  readonly train: readonly LabelledLesion[];
  /** They choose C and gamma; the final machine learns from them too. */
  readonly val: readonly LabelledLesion[];
  readonly seed: number;
  /** Threads; default one a core. No influence on the result. */
  readonly workers?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
}

/** A method of the literature as an estimator. */
export interface ComparisonMethod<S extends object = object> {
  readonly name: MethodName;
  /** Authors, year and the paper's number for it. */
  readonly title: string;
  readonly citation: string;
  /** The defaults. */
  readonly settings: S;
  /** What each setting means and where its default comes from. */
  readonly settingDocs: Readonly<Record<keyof S & string, string>>;
  /** Where it differs from the original, and from the authors' re-implementation behind Table 2. */
  readonly deviations: readonly string[];
  /**
   * Learns from the lesions of a partition.
   *
   * @throws FlcError INVALID_CONFIG (unknown setting, wrong value), DATA_ERROR (naming the lesion), IO_ERROR, CANCELLED
   */
  fit(context: FitContext, settings?: Partial<S>): Promise<FittedMethod>;
}

/** A method that has learned. */
export interface FittedMethod {
  readonly method: MethodName;
  readonly classes: readonly string[];
  /** What was chosen and learned (C, gamma, words ...), plain JSON. */
  readonly description: Readonly<Record<string, unknown>>;
  /** @throws FlcError DATA_ERROR (naming the lesion), IO_ERROR, CANCELLED */
  predict(
    lesions: readonly UnlabelledLesion[],
    signal?: AbortSignal,
  ): Promise<readonly MethodPrediction[]>;
  /** Writes it to a file that `loadMethod` reads. @throws FlcError IO_ERROR */
  save(file: string): Promise<void>;
  /** The same as a value, for `methodFromJSON`. */
  toJSON(): SavedMethod;
}

export interface MethodPrediction {
  readonly id: string;
  readonly predicted: string;
  /** By class, in the order of `classes`; they sum to 1 and need not peak at `predicted` (Platt). */
  readonly probabilities: readonly number[];
  readonly warnings: readonly string[];
}

/** The saved form: plain JSON. */
export interface SavedMethod {
  readonly format: 'flc-comparison-method';
  readonly version: 1;
  readonly method: MethodName;
  readonly cohort: CohortFacts;
  readonly settings: object;
  readonly description: Readonly<Record<string, unknown>>;
  /** What the method learned of describing a lesion. */
  readonly describer: unknown;
  readonly machine: unknown;
}

/** What a cohort must share with the one that a method was fitted on. */
export interface CohortFacts {
  readonly classes: readonly string[];
  readonly phases: readonly string[];
  readonly reference: string;
}
