import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparisonMethods, type FittedMethod, loadMethod, methodFromJSON } from '../src/index.js';
import { classes, makeSlice, quickSettings, toyCohort } from './toy-cohort.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flc-baselines-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe.each(comparisonMethods.map((method) => [method.name, method] as const))(
  '%s',
  (name, method) => {
    const { context, prepared, test, add } = toyCohort();
    const settings = quickSettings(name);
    const unlabelled = test.map(({ class: _, ...lesion }) => lesion);
    let fitted: FittedMethod;
    beforeAll(async () => {
      fitted = await method.fit({ ...context, workers: 1 }, settings);
    });

    it('learns to tell lesions that look different', async () => {
      const predictions = await fitted.predict(unlabelled);
      expect(predictions.map(({ id }) => id)).toEqual(test.map(({ id }) => id));
      const right = predictions.filter(({ predicted }, i) => predicted === test[i]?.class);
      expect(right.length).toBeGreaterThanOrEqual(11);
      for (const { predicted, probabilities, warnings } of predictions) {
        const isMostProbable =
          probabilities[classes.indexOf(predicted)] === Math.max(...probabilities);
        expect(warnings.some((warning) => warning.includes('votes for'))).toBe(!isMostProbable);
        expect(probabilities).toHaveLength(classes.length);
        expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
      }
      expect(fitted.description).toMatchObject({
        validationAccuracy: expect.any(Number),
        ties: expect.any(Number),
        notes: expect.any(Array),
      });
    });

    it('gives the same bits again, with any number of threads, and after being saved', async () => {
      const again = await method.fit({ ...context, workers: 2 }, settings);
      expect(JSON.stringify(again)).toBe(JSON.stringify(fitted));
      const file = join(folder, `${name}.json`);
      await fitted.save(file);
      const loaded = await loadMethod(file, prepared);
      expect(await loaded.predict(unlabelled)).toEqual(await fitted.predict(unlabelled));
      expect(loaded.description).toEqual(fitted.description);
      const other = await method.fit({ ...context, seed: 4 }, settings);
      // Roy draws nothing but the folds behind the probabilities.
      expect(JSON.stringify(other)).not.toBe(JSON.stringify(fitted));
    });

    it('classifies a lesion of three pixels in one row, and of one slice among many', async () => {
      const slice = makeSlice('cyst', 7, 'tiny');
      const middle = slice.mask.length >> 1;
      slice.mask.fill(0).fill(1, middle - 1, middle + 2);
      const tiny = add('tiny', 'cyst', slice);
      const fitted = await method.fit(
        { ...context, train: [...context.train, tiny] },
        { ...settings },
      );
      const [prediction] = await fitted.predict([tiny]);
      expect(classes).toContain(prediction?.predicted);
      if (name !== 'roy') expect(prediction?.warnings).toHaveLength(1);
    });

    it('says which lesion cannot be read', async () => {
      const { samples, ...lesion } = test[0] ?? { samples: [], id: '', patientId: '' };
      const lost = {
        ...lesion,
        id: 'lost',
        samples: samples.map((s) => ({ ...s, id: 'nowhere' })),
      };
      await expect(fitted.predict([lost])).rejects.toMatchObject({
        code: 'DATA_ERROR',
        details: { lesion: 'lost' },
      });
      await expect(fitted.predict([{ ...lost, samples: [] }])).rejects.toThrow(
        /lost has no slices/,
      );
    });

    it('documents each setting, its paper and its deviations', () => {
      expect(Object.keys(method.settingDocs).sort()).toEqual(Object.keys(method.settings).sort());
      expect(method.citation).toMatch(/20\d\d/);
      expect(method.deviations.length).toBeGreaterThan(0);
    });

    it('refuses a setting that it does not have, and one of another type', async () => {
      const fit = (given: object) => method.fit(context, given);
      await expect(fit({ exponent: 3 })).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
        remedy: 'did you mean exponents?',
      });
      await expect(fit({ exponents: 'all' })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
      await expect(fit({ exponents: [1, 2, 3] })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
      await expect(fit({ exponents: [0, 1.5] })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    });

    it('can be stopped', async () => {
      const controller = new AbortController();
      const stages = new Set<string>();
      const onProgress = ({ stage }: { stage: string }) => {
        stages.add(stage);
        if (stage === 'features') controller.abort();
      };
      const { signal } = controller;
      const running = method.fit({ ...context, signal, onProgress }, settings);
      await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(stages).toContain('features');
    });
  },
);

describe('a saved method', () => {
  it('is refused where it is none, damaged, or of another cohort', async () => {
    const { context, prepared } = toyCohort({ train: 2, val: 1, test: 0 });
    const [roy] = comparisonMethods;
    const saved = JSON.parse(JSON.stringify(await roy?.fit(context, quickSettings('roy'))));
    const corrupt = { code: 'CHECKPOINT_CORRUPT' };
    const load = (json: unknown) => () => methodFromJSON(json, prepared);
    expect(load(saved)).not.toThrow();
    expect(load({})).toThrow(expect.objectContaining(corrupt));
    expect(load({ ...saved, version: 2 })).toThrow(expect.objectContaining(corrupt));
    expect(load({ ...saved, machine: null })).toThrow(expect.objectContaining(corrupt));
    expect(load({ ...saved, describer: {} })).toThrow(expect.objectContaining(corrupt));
    const cohort = { ...saved.cohort, classes: ['a', 'b'] };
    expect(load({ ...saved, cohort })).toThrow(expect.objectContaining({ code: 'DATA_ERROR' }));
    const file = join(folder, 'cut.json');
    await writeFile(file, JSON.stringify(saved).slice(0, 100));
    await expect(loadMethod(file, prepared)).rejects.toMatchObject(corrupt);
    await expect(loadMethod(join(folder, 'none'), prepared)).rejects.toMatchObject({
      code: 'IO_ERROR',
    });
    await expect(readFile(file, 'utf8')).resolves.toHaveLength(100);
  });
});

describe('a partition that cannot be learned from', () => {
  it('is refused', async () => {
    const { context } = toyCohort({ train: 2, val: 1, test: 0 });
    const [roy] = comparisonMethods;
    const fit = (more: object) => roy?.fit({ ...context, ...more }, quickSettings('roy'));
    await expect(fit({ val: [] })).rejects.toThrow(/no val lesions/);
    const foreign = context.train.map((lesion) => ({ ...lesion, class: 'mets' }));
    await expect(fit({ train: foreign })).rejects.toThrow(/a class that the cohort has not/);
    const one = context.train.filter((lesion) => lesion.class === 'cyst');
    await expect(fit({ train: one })).rejects.toMatchObject({ code: 'DATA_ERROR' });
  });
});
