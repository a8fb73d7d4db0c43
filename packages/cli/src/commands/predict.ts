import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Classifier, EvaluationResult, ModelDescription } from '@flc-native/classifier';
import { FlcError } from '@flc-native/errors';
import type { Dataset } from '@flc-native/pipeline';
import type { SampleImage } from '@flc-native/report';
import { checkFirst, withFindings } from '../check-first.js';
import { defineCommand, type Outcome, type Surroundings } from '../command.js';
import { percent } from '../format.js';
import { inferenceOf, inferenceOptions } from '../inference-options.js';
import { flag, pairs, required, type Settings, text } from '../option.js';
import { writePredictions } from '../prediction-files.js';

/** Stands by every prediction, in every form. */
const notice = 'Research software, not a medical device.';

const options = {
  model: required(text('<dir>', 'the model, runs/<name>/model')),
  phase: pairs('<name=file>', 'the volume of a phase; once for each phase of the model'),
  mask: text('<file>', 'mask of the lesion, on the grid of the reference phase'),
  dataset: text('<file>', 'dataset.yaml instead: every lesion of it, with a class or without'),
  force: flag('classify also where check finds errors in the images; they become warnings'),
  out: text('<dir>', 'also write predictions.json, predictions.csv and pictures of the label maps'),
  ...inferenceOptions,
} as const;

type PredictSettings = Settings<typeof options>;

export const predict = defineCommand({
  name: 'predict',
  summary: 'classify lesions with a trained model',
  description: `Classifies one lesion from its volumes and mask, or every lesion of a dataset. Images are checked first. ${notice}`,
  examples: [
    'flc-native predict --model runs/first/model --phase NC=nc.nii.gz --phase ART=art.nii.gz --phase PV=pv.nii.gz --mask lesion.nii.gz',
    'flc-native predict --model runs/first/model --dataset data/dataset.yaml --out predictions',
  ],
  options,
  async run(settings, surroundings) {
    checkInputs(settings);
    const finish = (predicted: Predicted) => writeOutcome(predicted, settings.out, surroundings);
    return settings.dataset === undefined
      ? await finish(await predictLesion(settings, surroundings))
      : await predictDataset(settings, settings.dataset, surroundings, finish);
  },
});

/** Predictions, and what it takes to draw them. */
interface Predicted {
  readonly result: EvaluationResult;
  readonly phases: readonly string[];
  readonly loadSample: (sampleId: string) => Promise<SampleImage | undefined>;
}

async function writeOutcome(
  { result, phases, loadSample }: Predicted,
  out: string | undefined,
  { note }: Surroundings,
): Promise<Outcome> {
  const json = { notice, ...publicForm(result) };
  if (out !== undefined) await writePredictions(out, json, result, phases, loadSample);
  for (const { id, warnings } of result.predictions)
    for (const warning of warnings) note(`warning: lesion ${id}: ${warning}`);
  return { json, text: describe(result) };
}

function checkInputs({ dataset, phase, mask }: PredictSettings): void {
  const files = phase !== undefined || mask !== undefined;
  if (dataset !== undefined && !files) return;
  if (dataset === undefined && phase !== undefined && mask !== undefined) return;
  throw new FlcError('INVALID_CONFIG', 'Give --phase and --mask, or --dataset.', {
    remedy: 'See flc-native predict --help.',
  });
}

async function predictLesion(
  settings: PredictSettings,
  surroundings: Surroundings,
): Promise<Predicted> {
  const { Classifier: Model } = await import('@flc-native/classifier');
  const { keepInputs, readVolume } = await import('@flc-native/pipeline');
  const classifier = await Model.load(settings.model, inferenceOf(settings));
  try {
    const { phases } = classifier.description;
    const files = filesOf(phases, settings.phase ?? {});
    const maskFile = settings.mask ?? '';
    await keepInputs([...files, maskFile], outputsOf(settings.out));
    const dataset = datasetOf(classifier.description, files, maskFile);
    const findings = await checkFirst(dataset, settings.force, surroundings);
    const volumes = await Promise.all(files.map((file) => readVolume(file)));
    const mask = await readVolume(maskFile);
    const { signal } = surroundings;
    const classified = await classifier.classifyLesion({ phases: volumes, mask, signal });
    const found = withFindings(classified, findings);
    const samples = new Map(found.slices.map((slice) => [slice.sampleId, slice.input]));
    return {
      phases,
      loadSample: async (id: string) => samples.get(id),
      result: singleResult(classifier, found),
    };
  } finally {
    classifier.close();
  }
}

/** One lesion as a dataset, for its check. */
function datasetOf(model: ModelDescription, files: readonly string[], mask: string): Dataset {
  const { modality, intensity, reference } = model.preprocessing;
  const phases = Object.fromEntries(model.phases.map((name, i) => [name, files[i] ?? '']));
  return {
    ...{ format: 'flc-dataset', version: 1, modality, intensity, reference },
    ...{ phases: [...model.phases], classes: [...model.classes] },
    ...{ file: mask, root: process.cwd() },
    cases: [{ id: 'lesion', patient: 'unknown', phases, lesions: [{ mask }] }],
  };
}

/** What --out is filled with. */
function outputsOf(out: string | undefined): string[] {
  if (out === undefined) return [];
  return ['predictions.json', 'predictions.csv', 'label-maps'].map((name) => join(out, name));
}

function singleResult(
  { classes, description }: Classifier,
  found: Awaited<ReturnType<Classifier['classifyLesion']>>,
): EvaluationResult {
  return {
    name: 'predictions',
    classes,
    unit: 'lesion',
    synthetic: description.training.synthetic,
    predictions: [
      {
        id: 'lesion',
        patientId: 'unknown',
        truth: null,
        predicted: found.class,
        probabilities: found.probabilities,
        proportions: found.proportions,
        meanProbabilities: found.meanProbabilities,
        sliceIds: found.labelMap.map(({ sampleId }) => sampleId),
        warnings: found.warnings,
      },
    ],
    labelMaps: found.labelMap,
    provenance: {},
  };
}

/** The file of each phase, in the model's order. */
function filesOf(phases: readonly string[], given: Readonly<Record<string, string>>): string[] {
  const missing = phases.filter((name) => given[name] === undefined);
  const unknown = Object.keys(given).filter((name) => !phases.includes(name));
  if (missing.length === 0 && unknown.length === 0) return phases.map((name) => given[name] ?? '');
  throw new FlcError(
    'INVALID_CONFIG',
    unknown.length > 0
      ? `The model knows no phase ${unknown.join(', ')}.`
      : `The phase ${missing.join(', ')} is missing.`,
    {
      details: { expected: phases, got: Object.keys(given) },
      remedy: `Give ${phases.map((name) => `--phase ${name}=<file>`).join(' ')}.`,
    },
  );
}

/** The prepared lesions live in a folder of their own until `finish` is done with them. */
async function predictDataset(
  settings: PredictSettings,
  file: string,
  surroundings: Surroundings,
  finish: (predicted: Predicted) => Promise<Outcome>,
): Promise<Outcome> {
  const { classifyPrepared, prepareOptionsOf, readModelDescription } = await import(
    '@flc-native/classifier'
  );
  const { datasetFiles, keepInputs, prepareDataset, readDataset, readPrepared } = await import(
    '@flc-native/pipeline'
  );
  const { signal, progress, note } = surroundings;
  const model = await readModelDescription(settings.model);
  const dataset = await readDataset(file);
  await keepInputs(datasetFiles(dataset), outputsOf(settings.out));
  const findings = await checkFirst(dataset, settings.force, surroundings);
  const dir = await mkdtemp(join(tmpdir(), 'flc-predict-'));
  const preparing = progress('prepare');
  const classifying = progress('lesions');
  try {
    const done = await prepareDataset(dataset, dir, prepareOptionsOf(model), {
      signal,
      onProgress: (state) => preparing.update(state.done, state.total),
    });
    const [failure] = done.failed;
    if (failure !== undefined) throw failure.error;
    preparing.stop();
    const prepared = await readPrepared(dir);
    const result = await classifyPrepared({
      prepared,
      bundle: settings.model,
      ...inferenceOf(settings),
      signal,
      onProgress: (count, total) => classifying.update(count, total),
      onNotice: (message) => note(`note: ${message}`),
    });
    const samples = new Map(prepared.index.samples.map((sample) => [sample.id, sample]));
    classifying.stop();
    const predictions = result.predictions.map((prediction) =>
      withFindings(
        prediction,
        findings.filter(({ caseId }) => prediction.id.startsWith(`${caseId}/`)),
      ),
    );
    return await finish({
      phases: model.phases,
      result: { ...result, predictions },
      loadSample: async (id) => {
        const sample = samples.get(id);
        return sample && prepared.loadSample(sample);
      },
    });
  } finally {
    preparing.stop();
    classifying.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function publicForm({ classes, synthetic, predictions }: EvaluationResult) {
  return {
    classes,
    synthetic,
    predictions: predictions.map(({ id, patientId, truth, predicted, ...rest }) => ({
      id,
      patientId,
      truth,
      class: predicted,
      probabilities: byClass(classes, rest.probabilities),
      proportions: byClass(classes, rest.proportions),
      slices: rest.sliceIds.length,
      warnings: rest.warnings,
    })),
  };
}

function byClass(classes: readonly string[], values: readonly number[]): Record<string, number> {
  return Object.fromEntries(classes.map((name, i) => [name, values[i] ?? 0]));
}

function describe({ classes, synthetic, predictions }: EvaluationResult): string {
  const shares = (values: readonly number[]) =>
    classes.map((name, i) => `${name} ${percent(values[i] ?? 0)}`).join('  ');
  const lines = predictions.map(({ id, predicted, probabilities, proportions }) =>
    [
      `lesion ${id}: ${predicted}`,
      `  probabilities  ${shares(probabilities)}`,
      `  label map      ${shares(proportions)}`,
    ].join('\n'),
  );
  if (synthetic)
    lines.push('The model or the data are synthetic: this says nothing about patients.');
  return [...lines, notice].join('\n');
}
