import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Network, type TrainingEvent, train } from '@flc-native/core-native';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TinyCohort, tinyConfig, writeTinyCohort } from './tiny-cohort.js';

const folder = mkdtempSync(join(tmpdir(), 'flc-contract-'));
let cohort: TinyCohort;

beforeAll(async () => {
  cohort = await writeTinyCohort(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const start = (name: string, maxSteps: number, more: object = {}) => {
  const { samples, trainPatches, validationPatches } = cohort;
  const config = { ...tinyConfig, maxSteps };
  return train({
    config,
    samples,
    trainPatches,
    validationPatches,
    runDir: join(folder, name),
    ...more,
  });
};

describe('a training run', () => {
  it('yields typed events in order, the same as events.jsonl', async () => {
    const run = start('events', 10);
    const events: TrainingEvent[] = [];
    for await (const event of run) events.push(event);
    const result = await run.finished;
    const evaluations = events.filter((event) => event.type === 'evaluation');
    // Every model that is the best so far is one that the run can go on from.
    const parts = evaluations.map(({ best }) => [
      ...Array(5).fill('step'),
      'evaluation',
      ...(best ? ['checkpoint'] : []),
    ]);
    expect(parts).toHaveLength(2);
    expect(events.map(({ type }) => type)).toEqual(['start', ...parts.flat(), 'checkpoint', 'end']);
    const step = events.find((event) => event.type === 'step');
    for (const key of ['loss', 'lossLast', 'lossLocal', 'lossGlobal', 'lossIntra', 'accuracy']) {
      expect(step).toHaveProperty(key, expect.any(Number));
    }
    for (const key of ['samplesPerSecond', 'etaSeconds', 'memoryBytes', 'seconds']) {
      expect((step as never)[key]).toBeGreaterThan(0);
    }
    // Relative: a log holds no path of the machine.
    const checkpoint = events.find((event) => event.type === 'checkpoint');
    expect(checkpoint).toHaveProperty('path', 'checkpoint/state.safetensors');
    const log = readFileSync(join(folder, 'events', 'events.jsonl'), 'utf8')
      .trim()
      .split('\n');
    expect(log.map((line) => JSON.parse(line))).toEqual(events);
    expect(result).toMatchObject({ reason: 'maxSteps', step: 10 });
    expect(existsSync(join(result.modelDir, 'weights.safetensors'))).toBe(true);
  });

  it('does not block the event loop', async () => {
    let ticks = 0;
    const timer = setInterval(() => {
      ticks++;
    }, 5);
    const begin = performance.now();
    await start('loop', 40).finished;
    const milliseconds = performance.now() - begin;
    clearInterval(timer);
    // A blocked loop ticks not once. A tenth of the possible ticks allows for a busy machine.
    expect(ticks).toBeGreaterThan(milliseconds / 5 / 10);
  });

  it('stops on an AbortSignal with a checkpoint, from which it goes on', async () => {
    const controller = new AbortController();
    const run = start('abort', 1000, { signal: controller.signal });
    for await (const event of run) {
      if (event.type === 'step' && event.step === 3) controller.abort();
    }
    const error = await run.finished.catch((reason) => reason);
    expect(error).toMatchObject({ name: 'FlcError', code: 'CANCELLED' });
    expect(existsSync(error.details.checkpoint)).toBe(true);
    const resumed = await start('abort', 30, { resume: true }).finished;
    expect(resumed.step).toBeGreaterThanOrEqual(30);
  });

  it('refuses at once what was aborted before, and a configuration that cannot be', () => {
    expect(() => start('never', 5, { signal: AbortSignal.abort() })).toThrow(
      expect.objectContaining({ code: 'CANCELLED' }),
    );
    expect(() => start('never', 0)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG', details: { key: 'maxSteps' } }),
    );
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });

  it('rejects what only shows later, with code and remedy', async () => {
    const absent = cohort.samples.map((sample) => ({ ...sample, file: join(folder, 'absent') }));
    const error = await start('absent', 5, { samples: absent }).finished.catch((reason) => reason);
    expect(error).toMatchObject({ code: 'IO_ERROR', details: { file: join(folder, 'absent') } });
    expect(error.remedy).toBeTruthy();
  });
});

describe('a trained network', () => {
  it('gives the same probabilities for a sample in its file and in memory', async () => {
    const { modelDir } = await start('predict', 10).finished;
    const network = await Network.load(modelDir, { device: 'cpu', threads: 1 });
    const patches = cohort.trainPatches.slice(0, 30);
    const { file = '', key = '' } = cohort.samples[0] ?? {};
    const fromFile = await network.predictPatches({ samples: [{ file, key }], patches });
    const fromMemory = await network.predictPatches({ samples: [cohort.inMemory], patches });
    expect(fromMemory.probabilities).toEqual(fromFile.probabilities);
    for (let row = 0; row < 10; row++) {
      const probabilities = [...fromFile.probabilities.slice(4 * row, 4 * row + 4)];
      expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expect(fromFile.classes[row]).toBe(probabilities.indexOf(Math.max(...probabilities)));
    }
    network.close();
    const closed = await network.predictPatches({ samples: [], patches }).catch((e) => e);
    expect(closed).toMatchObject({ code: 'DATA_ERROR' });
  });

  it('refuses patches outside their sample and damaged weights', async () => {
    const { modelDir } = await start('damage', 5).finished;
    const network = await Network.load(modelDir, { device: 'cpu', threads: 1 });
    const outside = network.predictPatches({
      samples: [cohort.inMemory],
      patches: Int32Array.of(0, 6, 0),
    });
    await expect(outside).rejects.toMatchObject({ code: 'DATA_ERROR' });
    network.close();
    const weights = join(modelDir, 'weights.safetensors');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(weights, readFileSync(weights).subarray(0, 1000));
    await expect(Network.load(modelDir, { device: 'cpu' })).rejects.toMatchObject({
      code: 'CHECKPOINT_CORRUPT',
      details: { file: weights },
    });
    await expect(Network.load(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'IO_ERROR' });
  });

  it('names a GPU that is not there', async () => {
    const { modelDir } = await start('gpu', 5).finished;
    await expect(Network.load(modelDir, { device: 'cuda:63' })).rejects.toMatchObject({
      code: 'CUDA_UNAVAILABLE',
    });
  });
});
