import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SupportVectorClassifier, voteNotes } from '@flc-native/svm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideByProbability, decideByVote } from '../src/decide-otherwise.js';
import { svmRule } from '../src/decision.js';
import { type EvaluationResult, readEvaluation, writeEvaluation } from '../src/evaluation.js';
import type { MappedLesion } from '../src/label-maps.js';

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

  it('leaves out what was said of the machine', () => {
    const [lesion] = result.predictions as [EvaluationResult['predictions'][number]];
    const [warning = ''] = voteNotes(1, [0.7, 0.3], result.classes);
    const doubtful = { ...lesion, probabilities: [0.7, 0.3], warnings: ['small', warning] };
    expect(warning).not.toBe('');
    for (const decide of [decideByVote, decideByProbability])
      expect(decide({ ...result, predictions: [doubtful] }).predictions[0]?.warnings).toEqual([
        'small',
      ]);
  });
});

describe('deciding by the machine', () => {
  const lesion = { proportions: [0.5, 0.5] } as unknown as MappedLesion;
  const rule = (probabilities: readonly number[]) => {
    // The cohort has three classes, the machine learned two of them.
    const machine = {
      classes: [0, 2],
      predict: () => [2],
      predictProbability: () => [probabilities],
    };
    return svmRule(machine as unknown as SupportVectorClassifier, ['cyst', 'fnh', 'hcc']);
  };

  it('warns where the vote is not the most probable class', () => {
    expect(rule([0.7, 0.3]).decide(lesion)).toEqual({
      class: 2,
      probabilities: [0.7, 0, 0.3],
      warnings: [expect.stringMatching(/votes for hcc .*30 %.* cyst .*70 %/)],
    });
    expect(rule([0.3, 0.7]).decide(lesion).warnings).toEqual([]);
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
