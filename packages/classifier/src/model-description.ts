import type { NetworkConfig, TrainConfig } from '@flc-native/core-native';
import { FlcError } from '@flc-native/errors';
import type { PreparedIndex, PrepareOptions } from '@flc-native/pipeline';
import type { MachineChoice } from '@flc-native/svm';
import type { Unit } from './lesions.js';

/** How lesions must be prepared for this model: what the cohort's index says, and the side of a patch in pixels. */
export interface Preprocessing
  extends Pick<
    PreparedIndex,
    | 'modality'
    | 'intensity'
    | 'reference'
    | 'background'
    | 'slices'
    | 'align'
    | 'registration'
    | 'inPlaneSpacing'
    | 'margin'
    | 'coverage'
  > {
  readonly patchSize: number;
}

/** Where a model comes from. Pseudonyms and hashes only. */
export interface TrainingProvenance {
  /** Whether the cohort was a phantom. */
  readonly synthetic: boolean;
  readonly seed: number;
  readonly config: TrainConfig;
  /** SHA-256 over the prepared cohort's contents. */
  readonly dataHash: string;
  /** Hashes of the images of every case of train and val, by which they are known again in any cohort. */
  readonly images: readonly string[];
  readonly partition: {
    readonly name: string;
    readonly train: readonly string[];
    readonly val: readonly string[];
  };
  readonly steps: number;
  readonly bestStep: number;
  /** On the validation patches. */
  readonly bestAccuracy: number;
  readonly svm: SvmProvenance | null;
  readonly versions: Readonly<Record<string, string>>;
}

/** How the machine was chosen, on the validation lesions. Models of earlier versions have the first four fields alone. */
export interface SvmProvenance extends MachineChoice {
  /** What should be known before the choice is believed, in sentences. */
  readonly notes: readonly string[];
}

/** model.json: what `predict` must know beside the weights and the machine. */
export interface ModelDescription {
  readonly format: 'flc-model';
  readonly version: 1;
  readonly network: NetworkConfig;
  readonly classes: readonly string[];
  readonly phases: readonly string[];
  readonly preprocessing: Preprocessing;
  /** Step between the patches of the label maps that the SVM was fitted on, pixels. */
  readonly labelMapPace: number;
  readonly decision: 'svm' | 'network';
  /** What the SVM was fitted on; models of earlier versions lack it, and theirs were lesions. */
  readonly unit?: Unit;
  /** SHA-256 of each other file of the bundle. */
  readonly files: Readonly<Record<string, string>>;
  readonly training: TrainingProvenance;
}

/**
 * Checks what was read as model.json.
 *
 * @throws FlcError DATA_ERROR if it describes something else or another version; CHECKPOINT_CORRUPT if parts are missing
 */
export function parseModelDescription(value: unknown, file: string): ModelDescription {
  const details = { file };
  if (!isRecord(value) || value.format !== 'flc-model') {
    throw new FlcError('DATA_ERROR', 'The file is no description of a model of flc-native', {
      details: { ...details, expected: 'format: flc-model' },
      remedy: 'Give the folder that flc-native train wrote: runs/<name>/model.',
    });
  }
  if (value.version !== 1) {
    throw new FlcError('DATA_ERROR', 'The model was written by another version of flc-native', {
      details: { ...details, expected: 1, got: value.version },
      remedy: 'Train the model anew, or use the version that wrote it.',
    });
  }
  const checks: Readonly<Record<string, boolean>> = {
    network: isRecord(value.network),
    classes: isNames(value.classes),
    phases: isNames(value.phases),
    preprocessing: isRecord(value.preprocessing),
    labelMapPace: Number.isInteger(value.labelMapPace) && Number(value.labelMapPace) >= 1,
    decision: value.decision === 'svm' || value.decision === 'network',
    files: isRecord(value.files),
    training: isRecord(value.training) && isRecord(value.training.partition),
  };
  const wrong = Object.keys(checks).filter((key) => !checks[key]);
  if (wrong.length > 0) {
    throw new FlcError('CHECKPOINT_CORRUPT', `The model lacks a valid ${wrong.join(', ')}`, {
      details,
      remedy: 'Copy the model again from where it was trained.',
    });
  }
  return value as unknown as ModelDescription;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNames(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string')
  );
}

/** The options under which `prepare` cuts lesions as this model's were cut. */
export function prepareOptionsOf({ preprocessing }: ModelDescription): PrepareOptions {
  const { slices, align, registration, background, inPlaneSpacing, margin, coverage } =
    preprocessing;
  return {
    slices,
    align,
    background,
    margin,
    coverage,
    ...(registration === undefined ? {} : { registration }),
    ...(inPlaneSpacing === null ? {} : { inPlaneSpacing }),
  };
}
