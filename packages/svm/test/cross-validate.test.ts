import { describe, expect, it } from 'vitest';
import { stratifiedFolds } from '../src/folds.js';
import { crossValidate, SupportVectorClassifier } from '../src/index.js';
import { reference } from './reference.js';

const { X, y } = reference.grid.train;
const options = { kernel: 'rbf', C: 4, gamma: 2 } as const;

describe('stratifiedFolds', () => {
  it('deals each class evenly and differently for each seed', () => {
    const classIndex = Array.from({ length: 103 }, (_, index) => (index % 10 < 7 ? 0 : 1));
    const folds = stratifiedFolds(classIndex, 5, 3);
    for (const wanted of [0, 1]) {
      const counts = [0, 1, 2, 3, 4].map(
        (fold) => classIndex.filter((label, i) => label === wanted && folds[i] === fold).length,
      );
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
    expect(stratifiedFolds(classIndex, 5, 3)).toEqual(folds);
    expect(stratifiedFolds(classIndex, 5, 4)).not.toEqual(folds);
  });
});

describe('crossValidate', () => {
  it('predicts each sample by the machine that was fitted without its fold', async () => {
    const { predictions, accuracy, foldAccuracies } = await crossValidate({
      X,
      y,
      options,
      folds: 4,
      seed: 9,
    });
    const fold = stratifiedFolds(y, 4, 9);
    for (const out of [0, 1, 2, 3]) {
      const kept = X.map((_, i) => i).filter((i) => fold[i] !== out);
      const held = X.map((_, i) => i).filter((i) => fold[i] === out);
      const machine = await new SupportVectorClassifier(options).fit(
        kept.map((i) => X[i] as number[]),
        kept.map((i) => y[i] as number),
      );
      const expected = machine.predict(held.map((i) => X[i] as number[]));
      expect(held.map((i) => predictions[i])).toEqual(expected);
      const right = held.filter((i) => predictions[i] === y[i]).length;
      expect(foldAccuracies[out]).toBe(right / held.length);
    }
    expect(accuracy).toBe(predictions.filter((label, i) => label === y[i]).length / y.length);
    expect(accuracy).toBeGreaterThan(0.4);
  });

  it('repeats with the same seed and tells its progress', async () => {
    const steps: number[] = [];
    const first = await crossValidate({ X, y, options }, ({ done }) => steps.push(done));
    expect(steps).toEqual([1, 2, 3, 4, 5]);
    expect(await crossValidate({ X, y, options })).toEqual(first);
  });

  it('refuses bad folds, a part with one class only, and stops when told to', async () => {
    for (const folds of [1, 2.5, X.length + 1]) {
      await expect(crossValidate({ X, y, options, folds })).rejects.toMatchObject({
        code: 'INVALID_CONFIG',
      });
    }
    const lonely = crossValidate({ X: [[0], [1], [2]], y: [0, 0, 1], options, folds: 3 });
    await expect(lonely).rejects.toMatchObject({ code: 'DATA_ERROR' });
    const signal = AbortSignal.abort();
    await expect(crossValidate({ X, y, options, signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});
