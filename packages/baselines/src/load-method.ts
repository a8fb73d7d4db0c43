import { readFile } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import type { Prepared } from '@flc-native/pipeline';
import { SupportVectorClassifier } from '@flc-native/svm';
import type { FittedMethod, SavedMethod } from './comparison-method.js';
import { definedMethods } from './comparison-methods.js';
import { phaseLayout } from './core/describer.js';
import { cohortFacts, FittedComparison } from './core/fitted-comparison.js';
import { lesionReader } from './core/lesion-pixels.js';

/**
 * A fitted method from what `toJSON` returned, also after a way through JSON text.
 *
 * @param prepared where the lesions to be predicted lie; its phases and classes must be those of the training
 * @throws FlcError CHECKPOINT_CORRUPT, DATA_ERROR (a cohort with other classes or phases)
 */
export function methodFromJSON(json: unknown, prepared: Prepared): FittedMethod {
  const saved = (json ?? {}) as Partial<SavedMethod>;
  const method = definedMethods.find(({ name }) => name === saved.method);
  if (saved.format !== 'flc-comparison-method' || saved.version !== 1 || method === undefined) {
    throw new FlcError('CHECKPOINT_CORRUPT', 'this is no saved comparison method', {
      details: { format: saved.format, version: saved.version, method: saved.method },
    });
  }
  const cohort = cohortFacts(prepared);
  if (JSON.stringify(saved.cohort) !== JSON.stringify(cohort)) {
    throw new FlcError('DATA_ERROR', 'the method was fitted on another kind of cohort', {
      details: { expected: saved.cohort, got: cohort },
    });
  }
  const { settings = {}, description = {} } = saved;
  const layout = phaseLayout(cohort.phases, cohort.reference);
  return new FittedComparison({
    method: method.name,
    cohort,
    settings,
    description,
    describer: method.load(saved.describer, settings, layout),
    machine: SupportVectorClassifier.load(saved.machine),
    read: lesionReader(prepared),
  });
}

/** {@link methodFromJSON} from a file that `save` wrote. @throws FlcError IO_ERROR too */
export async function loadMethod(file: string, prepared: Prepared): Promise<FittedMethod> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new FlcError('IO_ERROR', 'the saved method cannot be read', { details: { file }, cause });
  }
  try {
    return methodFromJSON(JSON.parse(text), prepared);
  } catch (thrown) {
    if (thrown instanceof FlcError) throw thrown;
    throw new FlcError('CHECKPOINT_CORRUPT', 'the saved method is cut short or damaged', {
      details: { file },
      cause: thrown,
    });
  }
}
