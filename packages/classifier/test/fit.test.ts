import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@flc-native/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Classifier,
  evaluate,
  type FitConfig,
  type FitEvent,
  fit,
  lesionsOf,
  networkPresets,
  overlay,
  readModelDescription,
} from '../src/index.js';
import { type SquareCohort, squareCase, writeSquareCohort } from './square-cohort.js';

let dir: string;
let cohort: SquareCohort;
const run = (name: string) => join(dir, 'runs', name);

const config: FitConfig = {
  network: { depth: 1, widths: [4, 6, 8], hiddenSize: 8, patchInput: 16, roiInput: 16 },
  lambda: 0,
  learningRate: 0.05,
  batchSize: 16,
  roisPerBatch: 4,
  maxSteps: 40,
  evaluateEvery: 10,
  evaluatePatchesPerLesion: 4,
  threads: 1,
  device: 'cpu',
  seed: 1,
  labelMapPace: 3,
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-fit-'));
  cohort = await writeSquareCohort(dir);
  await fit({ ...cohort, config, runDir: run('straight') });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('fit', () => {
  it('leaves a bundle that tells lesions of unseen patients apart', async () => {
    const files = await readdir(join(run('straight'), 'model'));
    expect(files.sort()).toEqual(['model.json', 'network.json', 'svm.json', 'weights.safetensors']);
    const result = await evaluate({
      ...cohort,
      bundle: join(run('straight'), 'model'),
      device: 'cpu',
      threads: 1,
    });
    expect(result).toMatchObject({ unit: 'lesion', synthetic: false });
    expect(result.predictions).toHaveLength(8);
    const right = result.predictions.filter(({ truth, predicted }) => truth === predicted);
    expect(right.length).toBeGreaterThanOrEqual(7);
    for (const { proportions, probabilities } of result.predictions) {
      expect(sum(proportions)).toBeCloseTo(1, 12);
      expect(sum(probabilities)).toBeCloseTo(1, 6);
    }
  });

  it('goes on where it was stopped in the label maps, with the same result', async () => {
    const controller = new AbortController();
    const stop = (event: FitEvent) => {
      if (event.type === 'label-maps' && event.done === 5) controller.abort();
    };
    const options = { ...cohort, runDir: run('stopped') };
    await expect(
      fit({ ...options, config, signal: controller.signal, onEvent: stop }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(join(run('stopped'), 'model', 'model.json'))).toBe(false);
    const events: FitEvent[] = [];
    // Nothing but what to go on with: the settings are the run's own.
    await fit({ ...options, config: {}, resume: true, onEvent: (event) => events.push(event) });
    expect(events.filter(({ type }) => type === 'step')).toEqual([]);
    expect(events.find(({ type }) => type === 'label-maps')).toMatchObject({ done: 5, total: 12 });
    expect(await tensors('stopped')).toEqual(await tensors('straight'));
    const svm = (name: string) => readFile(join(run(name), 'model', 'svm.json'), 'utf8');
    expect(await svm('stopped')).toBe(await svm('straight'));
  });

  it('trains on when more steps are allowed', async () => {
    const options = { ...cohort, runDir: run('longer') };
    await fit({ ...options, config: { ...config, maxSteps: 10 } });
    const result = await fit({ ...options, config: { maxSteps: 20 }, resume: true });
    expect(result.steps).toBe(20);
  });

  it('trains the comparison networks on other patches and phases', async () => {
    const options = { ...cohort, runDir: run('yasaka') };
    const preset = overlay(config, networkPresets.yasaka, {
      maxSteps: 5,
      network: { roiInput: 16 },
    });
    await fit({ ...options, config: { ...preset, batchSize: 8, roisPerBatch: 4 } });
    const bundle = join(run('yasaka'), 'model');
    const { predictions } = await evaluate({ ...cohort, bundle, device: 'cpu', threads: 1 });
    expect(predictions).toHaveLength(8);
    const scales = overlay(config, networkPresets['frid-adar'], {
      maxSteps: 2,
      network: { roiInput: 16, phaseOrder: [2, 0] },
    });
    const events: FitEvent[] = [];
    const onEvent = (event: FitEvent) => events.push(event);
    const fitted = { ...cohort, runDir: run('scales'), onEvent };
    await fit({ ...fitted, config: { ...config, ...scales, trainingPace: 1 } });
    const at = (name: string) => events.find(({ type }) => type === name);
    // Every place of a 7 x 7 patch in 14 x 16 pixels, of eight lesions.
    expect(at('start')).toMatchObject({ trainingPatches: 8 * 8 * 10 });
    expect(at('start')).toMatchObject({ config: { network: { phases: 2, patchScales: [9, 5] } } });
  });

  it('refuses what would not be the same run', async () => {
    const { partition } = cohort;
    const other = { ...partition, train: partition.val, val: partition.train };
    const options = { ...cohort, config: {}, runDir: run('straight') };
    await expect(fit({ ...options, config })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(fit({ ...options, resume: true, partition: other })).rejects.toThrow(
      /another partition/,
    );
    await expect(fit({ ...options, resume: true, config: { labelMapPace: 1 } })).rejects.toThrow(
      /another labelMapPace/,
    );
    await expect(fit({ ...options, resume: true, runDir: run('none') })).rejects.toThrow(
      /no run to go on with/,
    );
  });

  it('never takes a run that it cannot read for none', async () => {
    const odd = run('odd');
    await mkdir(join(odd, 'fit.json'), { recursive: true });
    const start = (options = {}) => fit({ ...cohort, config, runDir: odd, ...options });
    await expect(start()).rejects.toMatchObject({ code: 'IO_ERROR' });
    await rm(join(odd, 'fit.json'), { recursive: true });
    await copyFile(join(run('straight'), 'fit.json'), join(odd, 'fit.json'));
    await writeFile(join(odd, 'config.json'), '{"maxSteps":');
    await expect(start({ resume: true })).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      details: { file: join(odd, 'config.json') },
    });
    await writeFile(join(odd, 'fit.json'), '{');
    await expect(start({ resume: true })).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
  });

  it('decides on slices where asked, and says where a model is used for another unit', async () => {
    const { prepared } = cohort;
    // Every lesion has two slices of the same content.
    const samples = prepared.index.samples.flatMap((sample) => [
      sample,
      { ...sample, id: `${sample.id}-again`, slice: sample.slice + 1 },
    ]);
    const twice = { ...cohort, prepared: { ...prepared, index: { ...prepared.index, samples } } };
    const events: FitEvent[] = [];
    await fit({
      ...{ ...twice, runDir: run('slices'), dataHash: 'of the cohort' },
      config: { ...config, maxSteps: 2, unit: 'slice' },
      onEvent: (event) => events.push(event),
    });
    expect(events.find(({ type }) => type === 'label-maps')).toMatchObject({ total: 24 });
    const bundle = join(run('slices'), 'model');
    expect(await readModelDescription(bundle)).toMatchObject({
      unit: 'slice',
      training: {
        dataHash: 'of the cohort',
        svm: { ties: expect.any(Number), notes: expect.any(Array) },
      },
    });
    const notices = async (one: typeof cohort, unit: 'slice' | 'lesion') => {
      const said: string[] = [];
      const onNotice = (message: string) => said.push(message);
      await evaluate({ ...one, bundle, unit, device: 'cpu', threads: 1, onNotice });
      return said;
    };
    expect(await notices(twice, 'slice')).toEqual([]);
    expect(await notices(twice, 'lesion')).toEqual([expect.stringMatching(/decide on slices/)]);
    expect(await notices(cohort, 'lesion')).toEqual([]);
  });

  it('needs no machine where the network has no local pathway', async () => {
    const network = { ...config.network, pathways: 'global' } as const;
    const { svm } = await fit({ ...cohort, config: { ...config, network }, runDir: run('global') });
    expect(svm).toBeNull();
    expect(existsSync(join(run('global'), 'model', 'svm.json'))).toBe(false);
    const { predictions, labelMaps } = await evaluate({
      ...cohort,
      bundle: join(run('global'), 'model'),
      threads: 1,
    });
    expect(predictions).toHaveLength(8);
    expect(labelMaps.every(({ data }) => data.every((label) => label === -1))).toBe(true);
  });

  it('passes on what the addon refuses', async () => {
    const wrong = { maxStep: 3 } as FitConfig;
    await expect(fit({ ...cohort, config: wrong, runDir: run('wrong') })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('maxStep'),
    });
    expect(existsSync(run('wrong'))).toBe(false);
  });
});

describe('evaluate', () => {
  it('refuses a model that learned from the test part', async () => {
    const { partition } = cohort;
    const swapped = { ...partition, train: partition.test, test: partition.train };
    const bundle = join(run('straight'), 'model');
    await expect(evaluate({ ...cohort, partition: swapped, bundle })).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringContaining('learned from 8 cases'),
    });
  });

  it.each([
    ['phases', { phases: ['NC', 'PV', 'ART'] }],
    ['reference', { reference: 'ART' }],
    ['slices', { slices: 'all' }],
    ['coverage', { coverage: 0.5 }],
    ['order of classes', { classes: ['hem', 'cyst', 'fnh', 'hcc'] }],
  ] as const)('refuses a cohort with other %s', async (what, other) => {
    const { prepared } = cohort;
    const index = { ...prepared.index, ...other } as typeof prepared.index;
    const bundle = join(run('straight'), 'model');
    await expect(evaluate({ ...cohort, prepared: { ...prepared, index }, bundle })).rejects.toThrow(
      `differ in ${what}`,
    );
  });
});

describe('Classifier', () => {
  it('says the same of a lesion in memory as of its prepared files', async () => {
    const bundle = join(run('straight'), 'model');
    const { predictions, labelMaps } = await evaluate({
      ...cohort,
      bundle,
      device: 'cpu',
      threads: 1,
    });
    const classifier = await Classifier.load(bundle, { device: 'cpu', threads: 1 });
    const found = await classifier.classifyLesion(squareCase(13));
    const { caseId } = cohort.prepared.index.cases[13] ?? {};
    const expected = predictions.find(({ id }) => id.startsWith(`${caseId}/`));
    expect(found.class).toBe(expected?.predicted);
    expect(found.proportions).toEqual(expected?.proportions);
    expect(found.probabilities).toEqual(expected?.probabilities);
    const map = labelMaps.find(({ sampleId }) => sampleId.startsWith(`${caseId}/`));
    expect(found.labelMap.map(({ data }) => data)).toEqual([map?.data]);
    classifier.close();
    classifier.close();
    await expect(classifier.classifyLesion(squareCase(13))).rejects.toThrow(/closed/);
    using other = await Classifier.load(bundle, { threads: 1, patchesAtOnce: 1 });
    const maps = other.labelMaps(cohort.prepared, lesionsOf(cohort.prepared.index.samples));
    await maps.next();
    other.close();
    await expect(maps.next()).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it('stops in the training, and says why', async () => {
    const controller = new AbortController();
    const stop = () => controller.abort('enough');
    const options = { ...cohort, runDir: run('ended'), signal: controller.signal, onEvent: stop };
    const ended = { code: 'CANCELLED', cause: 'enough' };
    await expect(fit({ ...options, config })).rejects.toMatchObject(ended);
  });

  it('takes few patches at once where memory is small, with the same result', async () => {
    const options = {
      ...cohort,
      bundle: join(run('straight'), 'model'),
      device: 'cpu',
      threads: 1,
    };
    const at = async (patchesAtOnce: number) => await evaluate({ ...options, patchesAtOnce });
    const [few, many] = [await at(3), await at(1000)];
    expect(few.predictions.length).toBeGreaterThan(1);
    for (const [i, { id, meanProbabilities }] of few.predictions.entries()) {
      const other = many.predictions[i];
      expect(other?.id).toBe(id);
      for (const [c, value] of meanProbabilities.entries())
        expect(value).toBeCloseTo(other?.meanProbabilities[c] as number, 5);
    }
    await expect(at(0)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it('classifies a lesion smaller than a patch, with a warning', async () => {
    const classifier = await Classifier.load(join(run('straight'), 'model'), { threads: 1 });
    const { phases, mask } = squareCase(12);
    const data = new Uint8Array(mask.data.length);
    for (const n of [1 * 1600 + 20 * 40 + 20, 1 * 1600 + 20 * 40 + 21]) data[n] = 1;
    const found = await classifier.classifyLesion({
      phases,
      mask: { ...mask, dtype: 'uint8', data },
    });
    expect(classifier.classes).toContain(found.class);
    expect(found.warnings.join()).toContain('no patch lies fully inside');
    classifier.close();
  });

  it('refuses bad input by its kind', async () => {
    const classifier = await Classifier.load(join(run('straight'), 'model'), { threads: 1 });
    const { phases, mask } = squareCase(12);
    await expect(classifier.classifyLesion({ phases: phases.slice(1), mask })).rejects.toThrow(
      /needs 3 phases/,
    );
    const moved = { ...mask, origin: [30, 0, 0] as const };
    await expect(classifier.classifyLesion({ phases, mask: moved })).rejects.toMatchObject({
      code: 'GEOMETRY_MISMATCH',
    });
    const empty = { ...mask, dtype: 'uint8' as const, data: new Uint8Array(mask.data.length) };
    await expect(classifier.classifyLesion({ phases, mask: empty })).rejects.toMatchObject({
      code: 'DATA_ERROR',
    });
    const signal = AbortSignal.abort();
    await expect(classifier.classifyLesion({ phases, mask, signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    classifier.close();
  });
});

/** Contents of the weights; the order of the file's metadata is free. */
async function tensors(name: string) {
  return (await readSafetensors(join(run(name), 'model', 'weights.safetensors'))).tensors;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
