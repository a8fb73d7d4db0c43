import { type GridSearchOptions, gridSearch } from './grid-search.js';
import type { LabelledSamples } from './samples.js';
import { isDegenerate } from './sigmoid.js';
import { SupportVectorClassifier } from './support-vector-classifier.js';

export interface ChooseOptions extends Pick<GridSearchOptions, 'kernel' | 'exponents' | 'signal'> {
  readonly train: LabelledSamples;
  readonly validation: LabelledSamples;
  /** Of the folds behind the probabilities. */
  readonly seed: number;
}

/** What a grid search chose, and what should be known before the choice is believed. Plain JSON. */
export interface MachineChoice {
  readonly kernel: 'rbf' | 'linear';
  readonly C: number;
  /** null for the linear kernel. */
  readonly gamma: number | null;
  /** On the validation samples, before the machine was fitted anew on both parts. */
  readonly validationAccuracy: number;
  /** Machines of the grid; fewer than all where one made no error. */
  readonly tried: number;
  /** Of these, no candidates because their training did not end. */
  readonly notConverged: number;
  /** Of these, as good on validation as the chosen one. */
  readonly ties: number;
  readonly edges: readonly ('C' | 'gamma')[];
  /** Pairs of labels whose sigmoid makes no use of the decision values, so that their probabilities mean nothing. */
  readonly degeneratePairs: readonly (readonly [number, number])[];
}

/**
 * Chooses C and gamma by the accuracy on validation and fits the final machine, with probabilities, on both parts.
 *
 * @throws FlcError DATA_ERROR, INVALID_CONFIG, CANCELLED
 */
export async function chooseMachine(
  { train, validation, kernel, exponents, seed, signal }: ChooseOptions,
  onProgress?: (done: number, total: number) => void,
): Promise<{ readonly machine: SupportVectorClassifier; readonly choice: MachineChoice }> {
  const search = { train, validation, kernel, exponents, signal };
  const { C, gamma, accuracy, table, notConverged, ties, edges } = await gridSearch(
    search,
    ({ done, total }) => onProgress?.(done, total),
  );
  const machine = new SupportVectorClassifier({ kernel, C, gamma, probability: true, seed });
  const groups = [...(train.groups ?? []), ...(validation.groups ?? [])];
  await machine.fit(
    [...train.X, ...validation.X],
    [...train.y, ...validation.y],
    groups.length === 0 ? undefined : groups,
    { signal },
  );
  const { classes, machines } = machine.save();
  const choice = {
    ...{ kernel, C, gamma: gamma ?? null, validationAccuracy: accuracy },
    ...{ tried: table.length, notConverged, ties, edges },
    degeneratePairs: machines.flatMap(({ positive, negative, sigmoid }) =>
      sigmoid === null || !isDegenerate(sigmoid)
        ? []
        : [[classes[positive] as number, classes[negative] as number] as const],
    ),
  };
  return { machine, choice };
}
