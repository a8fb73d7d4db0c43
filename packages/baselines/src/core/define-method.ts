import { FlcError, throwIfCancelled } from '@flc-native/errors';
import { choiceNotes, chooseMachine, type LabelledSamples } from '@flc-native/svm';
import type {
  ComparisonMethod,
  FitContext,
  FittedMethod,
  LabelledLesion,
} from '../comparison-method.js';
import {
  type LearningContext,
  type LesionDescriber,
  type PhaseLayout,
  phaseLayout,
} from './describer.js';
import { cohortFacts, FittedComparison } from './fitted-comparison.js';
import { lesionReader, type ReadLesion } from './lesion-pixels.js';
import type { MachineSettings } from './machine.js';
import { resolveSettings } from './settings.js';

/** A method without what all have in common. */
export interface MethodDefinition<S extends MachineSettings>
  extends Omit<ComparisonMethod<S>, 'fit'> {
  /** Learns from the train lesions how to describe a lesion. */
  learn(context: LearningContext, settings: S): Promise<LesionDescriber>;
  /** A describer from its JSON. @throws FlcError CHECKPOINT_CORRUPT */
  load(json: unknown, settings: S, layout: PhaseLayout): LesionDescriber;
}

/** A method with the part that is needed to load it again. */
export interface DefinedMethod extends ComparisonMethod {
  load(json: unknown, settings: object, layout: PhaseLayout): LesionDescriber;
}

/** Completes a method: features of train and val, the search for C and gamma, and the machine on both parts. */
export function defineMethod<S extends MachineSettings>(
  definition: MethodDefinition<S>,
): ComparisonMethod<S> & DefinedMethod {
  return {
    ...definition,
    load: (json, settings, layout) =>
      definition.load(json, resolveSettings(definition.settings, settings), layout),
    fit: async (context, given) =>
      fit(definition, context, resolveSettings(definition.settings, given)),
  };
}

async function fit<S extends MachineSettings>(
  definition: MethodDefinition<S>,
  context: FitContext,
  settings: S,
): Promise<FittedMethod> {
  const { prepared, train, val, seed, signal } = context;
  const { classes } = prepared.index;
  checkLesions(context, classes);
  const read = lesionReader(prepared);
  const learning = learningContext(definition.name, context, read);
  const describer = await definition.learn(learning, settings);
  const all = train.length + val.length;
  const features = async (lesions: readonly LabelledLesion[], before: number) => {
    const X: Float64Array[] = [];
    for (const lesion of lesions) {
      throwIfCancelled(signal);
      X.push((await describer.describe(await read(lesion), signal)).values);
      learning.progress('features', before + X.length, all);
    }
    const y = lesions.map((lesion) => classes.indexOf(lesion.class));
    const groups = lesions.map(({ patientId }) => patientId);
    return { X, y, groups } satisfies LabelledSamples;
  };
  const [first = -20, last = 19] = settings.exponents;
  const { machine, choice } = await chooseMachine(
    {
      train: await features(train, 0),
      validation: await features(val, train.length),
      kernel: 'rbf',
      exponents: { C: [first, last], gamma: [first, last] },
      seed,
      signal,
    },
    (done, total) => context.onProgress?.({ stage: 'svm', done, total }),
  );
  return new FittedComparison({
    method: definition.name,
    cohort: cohortFacts(prepared),
    settings,
    description: { ...choice, notes: choiceNotes(choice, classes), ...describer.summary },
    describer,
    machine,
    read,
  });
}

function learningContext(
  method: LearningContext['method'],
  context: FitContext,
  read: ReadLesion,
): LearningContext {
  const { phases, reference } = context.prepared.index;
  return {
    method,
    lesions: context.train,
    read,
    layout: phaseLayout(phases, reference),
    seed: context.seed,
    threads: context.workers ?? 0,
    signal: context.signal,
    progress: (stage, done, total) => context.onProgress?.({ stage, done, total }),
  };
}

function checkLesions({ train, val }: FitContext, classes: readonly string[]): void {
  if (train.length === 0 || val.length === 0) {
    throw new FlcError(
      'DATA_ERROR',
      `there are no ${train.length === 0 ? 'train' : 'val'} lesions`,
    );
  }
  for (const lesion of [...train, ...val]) {
    if (!classes.includes(lesion.class)) {
      throw new FlcError('DATA_ERROR', `lesion ${lesion.id} has a class that the cohort has not`, {
        details: { lesion: lesion.id, class: lesion.class, classes },
      });
    }
  }
}
