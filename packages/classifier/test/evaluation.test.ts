import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideByProbability, decideByVote } from '../src/decide-otherwise.js';
import { type EvaluationResult, readEvaluation, writeEvaluation } from '../src/evaluation.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-evaluation-'));
});
afterAll(() => rm(dir, { recursive: true }));

const result: EvaluationResult = {
  name: 'set1',
  classes: ['cyst', 'hcc'],
  unit: 'lesion',
  synthetic: true,
  predictions: [
    {
      id: 'c/l',
      patientId: 'p',
      truth: null,
      predicted: 'hcc',
      probabilities: [0.1, 0.9],
      proportions: [1 / 3, 2 / 3],
      meanProbabilities: [0.6, 0.4],
      sliceIds: ['c/l/4'],
      warnings: [],
    },
  ],
  labelMaps: [{ sampleId: 'c/l/4', h: 2, w: 3, data: Int8Array.of(-1, 0, 1, 1, -1, -1) }],
  provenance: { seed: 3 },
};

describe('deciding without a machine', () => {
  it('takes the most frequent class of the label map, or the largest mean output', () => {
    expect(decideByVote(result).predictions[0]).toMatchObject({
      predicted: 'hcc',
      probabilities: [1 / 3, 2 / 3],
    });
    expect(decideByProbability(result).predictions[0]).toMatchObject({
      predicted: 'cyst',
      probabilities: [0.6, 0.4],
    });
    expect(decideByProbability(result).labelMaps).toBe(result.labelMaps);
  });
});

describe('evaluation.json', () => {
  it('keeps every value', async () => {
    const file = join(dir, 'evaluation.json');
    await writeEvaluation(file, result);
    expect(await readEvaluation(file)).toEqual(result);
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, -20)],
    ['with a label map of another size', (text: string) => text.replace('"h":2', '"h":5')],
    ['of another version', (text: string) => text.replace('"version":1', '"version":9')],
  ])('%s is refused', async (_what, change) => {
    const file = join(dir, 'changed.json');
    await writeEvaluation(file, result);
    await writeFile(file, change(await readFile(file, 'utf8')));
    await expect(readEvaluation(file)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      details: { file },
    });
  });

  it('that is absent is named', async () => {
    await expect(readEvaluation(join(dir, 'none.json'))).rejects.toMatchObject({
      code: 'IO_ERROR',
    });
  });
});
