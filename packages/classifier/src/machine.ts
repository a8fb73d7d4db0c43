import { throwIfCancelled } from '@flc-native/errors';
import { gridSearch, SupportVectorClassifier } from '@flc-native/svm';
import type { SvmProvenance } from './model-description.js';

/** Features and class indices of lesions. */
export interface LabelledFeatures {
  readonly X: number[][];
  readonly y: number[];
}

export interface MachineOptions {
  readonly kernel: 'rbf' | 'linear';
  /** Of Platt's cross-validation. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Chooses C and gamma by the accuracy on the validation lesions and fits the final machine on both parts, as the paper
 * does.
 */
export async function fitMachine(
  train: LabelledFeatures,
  validation: LabelledFeatures,
  options: MachineOptions,
): Promise<{ readonly machine: SupportVectorClassifier; readonly provenance: SvmProvenance }> {
  const { kernel, seed, signal, onProgress } = options;
  const best = await gridSearch({ train, validation, kernel, signal }, ({ done, total }) =>
    onProgress?.(done, total),
  );
  const machine = new SupportVectorClassifier({
    kernel,
    C: best.C,
    gamma: best.gamma,
    probability: true,
    seed,
  });
  await machine.fit([...train.X, ...validation.X], [...train.y, ...validation.y]);
  throwIfCancelled(signal);
  return {
    machine,
    provenance: {
      kernel,
      C: best.C,
      gamma: best.gamma ?? null,
      validationAccuracy: best.accuracy,
    },
  };
}
