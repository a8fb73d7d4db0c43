import { FlcError } from '@flc-native/errors';
import {
  checkSplits,
  type Part,
  type Partition,
  type Prepared,
  type PreparedSample,
  samplesOfPart,
} from '@flc-native/pipeline';
import { Classifier, type ClassifierOptions } from './classifier.js';
import { dataHash, imageHashes } from './cohort.js';
import type { EvaluatedLabelMap, EvaluationResult, LesionPrediction } from './evaluation.js';
import type { MappedLesion } from './label-maps.js';
import { type Lesion, type LesionShare, lesionsOfShare, type Unit, unitsOf } from './lesions.js';
import type { ModelDescription } from './model-description.js';

export interface EvaluateOptions extends ClassifierOptions {
  readonly prepared: Prepared;
  readonly partition: Partition;
  /** Default `test`. */
  readonly part?: Part | undefined;
  /** Folder of the bundle. */
  readonly bundle: string;
  /** Default `lesion`: the slices of a lesion are decided on together. */
  readonly unit?: Unit | undefined;
  /** Default: all lesions. */
  readonly share?: LesionShare | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Told of what is done otherwise than asked for. */
  readonly onNotice?: ((message: string) => void) | undefined;
}

/**
 * Classifies the labelled lesions of one part of a partition.
 *
 * @throws FlcError DATA_ERROR if the model learned from a patient of the test part, or knows other classes or phases
 */
export async function evaluate(options: EvaluateOptions): Promise<EvaluationResult> {
  const { prepared, partition, part = 'test' } = options;
  checkSplits({ format: 'flc-splits', version: 1, seed: 0, partitions: [partition] });
  const labelled = prepared.index.samples.filter((sample) => sample.class !== null);
  const samples = samplesOfPart(labelled, partition, part);
  if (samples.length === 0) {
    throw new FlcError('DATA_ERROR', `Part ${part} of partition ${partition.name} has no lesion`, {
      details: { partition: partition.name, part },
      remedy: 'Use the splits that were made from this prepared cohort.',
    });
  }
  return await classifySamples({
    ...options,
    samples,
    name: partition.name,
    check: (model) => {
      if (part === 'test') checkLeakage(model, prepared, partition);
    },
    provenance: { partition: partition.name, part },
  });
}

/** Classifies every prepared lesion, labelled or not. */
export async function classifyPrepared(
  options: Omit<EvaluateOptions, 'partition' | 'part' | 'share'>,
): Promise<EvaluationResult> {
  return await classifySamples({
    ...options,
    samples: options.prepared.index.samples,
    name: 'predictions',
    check: () => {},
    provenance: {},
  });
}

interface ClassifySamplesOptions extends Omit<EvaluateOptions, 'partition' | 'part'> {
  readonly samples: readonly PreparedSample[];
  readonly name: string;
  readonly check: (model: ModelDescription) => void;
  readonly provenance: Readonly<Record<string, unknown>>;
}

async function classifySamples(options: ClassifySamplesOptions): Promise<EvaluationResult> {
  const { prepared, unit = 'lesion', samples, share, signal, onProgress, onNotice } = options;
  const classifier = await Classifier.load(options.bundle, options);
  try {
    const model = classifier.description;
    checkFits(model, prepared);
    options.check(model);
    const all = unitsOf(samples, unit);
    if (learnedOtherwise(model, samples, unit)) {
      onNotice?.(
        `The machine of the model learned to decide on ${model.unit ?? 'lesion'}s, and a ${unit} is decided on here`,
      );
    }
    const lesions = share === undefined ? all : lesionsOfShare(all, share);
    const predictions: LesionPrediction[] = [];
    const labelMaps: EvaluatedLabelMap[] = [];
    onProgress?.(0, lesions.length);
    for await (const { lesion, mapped } of classifier.labelMaps(prepared, lesions, {
      signal,
      onNotice,
    })) {
      labelMaps.push(...mapped.labelMaps);
      const decision = classifier.decide(mapped);
      predictions.push(prediction(lesion, decision, mapped));
      onProgress?.(predictions.length, lesions.length);
    }
    return {
      name: options.name,
      classes: classifier.classes,
      unit,
      synthetic: model.training.synthetic || prepared.index.synthetic,
      predictions,
      labelMaps,
      provenance: {
        ...options.provenance,
        dataHash: dataHash(prepared),
        labelMapPace: model.labelMapPace,
        network: model.network,
        training: withoutPatients(model),
      },
    };
  } finally {
    classifier.close();
  }
}

function prediction(
  lesion: Lesion,
  decision: ReturnType<Classifier['decide']>,
  { proportions, meanProbabilities }: MappedLesion,
): LesionPrediction {
  const lowered = lesion.samples.filter((sample) => sample.coverageLowered).length;
  return {
    id: lesion.id,
    patientId: lesion.patientId,
    truth: lesion.class,
    predicted: decision.class,
    probabilities: decision.probabilities,
    proportions: [...proportions],
    meanProbabilities: [...meanProbabilities],
    sliceIds: lesion.samples.map((sample) => sample.id),
    warnings: [
      ...(lowered === 0
        ? []
        : [
            `${lowered} of ${lesion.samples.length} slices have no patch that lies in the lesion as far as asked`,
          ]),
      ...decision.warnings,
    ],
  };
}

/** @throws FlcError DATA_ERROR if the cohort has other classes, phases or preparation than the model */
function checkFits(model: ModelDescription, prepared: Prepared): void {
  const { index } = prepared;
  const facts: readonly (readonly [string, unknown, unknown])[] = [
    ['phases', model.phases, index.phases],
    ['modality', model.preprocessing.modality, index.modality],
    ['intensity', model.preprocessing.intensity, index.intensity],
    ['reference', model.preprocessing.reference, index.reference],
    ['slices', model.preprocessing.slices, index.slices],
    ['coverage', model.preprocessing.coverage, index.coverage],
    ['inPlaneSpacing', model.preprocessing.inPlaneSpacing, index.inPlaneSpacing],
    ['align', model.preprocessing.align, index.align],
    ['registration', model.preprocessing.registration, index.registration],
    ['order of classes', inCommon(model.classes, index), inCommon(index.classes, model)],
  ];
  const differing = facts.filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b));
  const unknown = index.samples.flatMap(({ class: name }) =>
    name === null || model.classes.includes(name) ? [] : [name],
  );
  if (differing.length === 0 && unknown.length === 0) return;
  const what = [...differing.map(([name]) => name), ...(unknown.length > 0 ? ['classes'] : [])];
  throw new FlcError('DATA_ERROR', `Cohort and model differ in ${what.join(', ')}`, {
    details: {
      ...Object.fromEntries(differing.map(([name, expected, got]) => [name, { expected, got }])),
      ...(unknown.length > 0 ? { unknownClasses: [...new Set(unknown)] } : {}),
    },
    remedy: 'Prepare the cohort as the one that the model was trained on.',
  });
}

function inCommon(
  classes: readonly string[],
  other: { readonly classes: readonly string[] },
): string[] {
  return classes.filter((name) => other.classes.includes(name));
}

/** With one slice a lesion the units are the same. */
function learnedOtherwise(
  model: ModelDescription,
  samples: readonly PreparedSample[],
  unit: Unit,
): boolean {
  const learned = model.unit ?? 'lesion';
  return (
    model.decision === 'svm' &&
    learned !== unit &&
    unitsOf(samples, 'lesion').length < samples.length
  );
}

/** Cases are known again by their images: pseudonyms tell patients apart within one cohort only. */
function checkLeakage(model: ModelDescription, prepared: Prepared, partition: Partition): void {
  const known = new Set(model.training.images);
  const leaked = imageHashes(prepared, partition.test).filter((hash) => known.has(hash));
  if (leaked.length === 0) return;
  throw new FlcError(
    'DATA_ERROR',
    `The model learned from ${leaked.length} cases of the test part`,
    {
      details: { partition: partition.name, trainedOn: model.training.partition.name },
      remedy: 'Evaluate with the splits and the partition that the model was trained with.',
    },
  );
}

function withoutPatients({ training }: ModelDescription) {
  const { partition, images: _images, ...rest } = training;
  return { ...rest, partition: partition.name };
}
