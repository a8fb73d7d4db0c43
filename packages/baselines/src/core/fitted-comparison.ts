import { throwIfCancelled } from '@flc-native/errors';
import { type Prepared, writeFileAtomic } from '@flc-native/pipeline';
import { type SupportVectorClassifier, voteNotes } from '@flc-native/svm';
import type {
  CohortFacts,
  FittedMethod,
  MethodName,
  MethodPrediction,
  SavedMethod,
  UnlabelledLesion,
} from '../comparison-method.js';
import type { LesionDescriber } from './describer.js';
import type { ReadLesion } from './lesion-pixels.js';

interface Parts {
  readonly method: MethodName;
  readonly cohort: CohortFacts;
  readonly settings: object;
  readonly description: Readonly<Record<string, unknown>>;
  readonly describer: LesionDescriber;
  readonly machine: SupportVectorClassifier;
  readonly read: ReadLesion;
}

/** @returns what of a cohort the features depend on */
export function cohortFacts({ index }: Prepared): CohortFacts {
  const { classes, phases, reference } = index;
  return { classes, phases, reference };
}

/** A describer and a machine: what every classic method is once it has learned. */
export class FittedComparison implements FittedMethod {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get method(): MethodName {
    return this.#parts.method;
  }

  get classes(): readonly string[] {
    return this.#parts.cohort.classes;
  }

  get description(): Readonly<Record<string, unknown>> {
    return this.#parts.description;
  }

  async predict(
    lesions: readonly UnlabelledLesion[],
    signal?: AbortSignal,
  ): Promise<readonly MethodPrediction[]> {
    const { describer, machine, read } = this.#parts;
    const { classes } = this.#parts.cohort;
    const predictions: MethodPrediction[] = [];
    for (const lesion of lesions) {
      throwIfCancelled(signal);
      const { values, warnings } = await describer.describe(await read(lesion), signal);
      const [label = 0] = machine.predict([values]);
      const [given = []] = machine.predictProbability([values]);
      const probabilities = new Array<number>(classes.length).fill(0);
      // A class without a lesion in train and val has no machine.
      for (const [i, index] of machine.classes.entries()) probabilities[index] = given[i] ?? 0;
      const predicted = classes[label] as string;
      const notes = voteNotes(label, probabilities, classes);
      predictions.push({
        ...{ id: lesion.id, predicted, probabilities },
        warnings: [...warnings, ...notes],
      });
    }
    return predictions;
  }

  toJSON(): SavedMethod {
    const { method, cohort, settings, description, describer, machine } = this.#parts;
    return {
      format: 'flc-comparison-method',
      version: 1,
      method,
      cohort,
      settings,
      description,
      describer: describer.toJSON(),
      machine: machine.save(),
    };
  }

  async save(file: string): Promise<void> {
    await writeFileAtomic(file, `${JSON.stringify(this)}\n`);
  }
}
