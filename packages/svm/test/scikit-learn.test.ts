import { describe, expect, it } from 'vitest';
import { couplePairs } from '../src/coupling.js';
import { gridSearch, SupportVectorClassifier, type SvmOptions } from '../src/index.js';
import { fitSigmoid, probabilityOf } from '../src/sigmoid.js';
import { largestDifference, type ReferenceCase, reference } from './reference.js';

function optionsOf({ settings, classWeights }: ReferenceCase): SvmOptions {
  return { ...settings, classWeights: classWeights ?? undefined };
}

describe('against scikit-learn', () => {
  it.each(reference.cases)('$name: predictions and decision values', async (stored) => {
    const machine = await new SupportVectorClassifier(optionsOf(stored)).fit(stored.X, stored.y);
    expect(machine.classes).toEqual(stored.classes);
    const decisions = machine.decisionFunction(stored.testX);
    // With two classes scikit-learn turns the sign of libsvm's decision value round.
    const sign = stored.classes.length === 2 ? -1 : 1;
    const signed = stored.decisions.map((row) => row.map((value) => sign * value));
    expect(largestDifference(decisions, signed)).toBeLessThan(1e-9);
    expect(machine.predict(stored.testX)).toEqual(stored.predictions);
    const kept = machine.save().supportVectors;
    expect(kept).toEqual(stored.supports.map((sample) => stored.X[sample]));
  });

  it('couples pairwise probabilities to the same class probabilities', () => {
    const { decisions, probA, probB, probabilities } = reference.probability;
    const got = decisions.map((values) => {
      const pairwise = new Float64Array(16);
      let pair = 0;
      for (let i = 0; i < 4; i++) {
        for (let j = i + 1; j < 4; j++, pair++) {
          const sigmoid = { a: probA[pair] as number, b: probB[pair] as number };
          pairwise[i * 4 + j] = probabilityOf(sigmoid, values[pair] as number);
          pairwise[j * 4 + i] = 1 - (pairwise[i * 4 + j] as number);
        }
      }
      return Array.from(couplePairs(pairwise, 4));
    });
    expect(largestDifference(got, probabilities)).toBeLessThan(1e-9);
  });

  it('gives probabilities near the ones from its folds', async () => {
    const { settings, X, y, testX, probabilities } = reference.probability;
    const machine = await new SupportVectorClassifier({ ...settings, probability: true }).fit(X, y);
    const got = machine.predictProbability(testX);
    // The folds behind the sigmoids differ, so only the size of the difference can be held.
    expect(largestDifference(got, probabilities)).toBeLessThan(0.05);
    const mean = got
      .flat()
      .reduce((sum, p, i) => sum + Math.abs(p - (probabilities.flat()[i] as number)), 0);
    expect(mean / got.flat().length).toBeLessThan(0.01);
  });

  it('fits the sigmoid that an optimizer of scipy finds', () => {
    const { decisions, positives, a, b } = reference.sigmoid;
    const fitted = fitSigmoid(
      decisions,
      decisions.map((_, index) => index < positives),
    );
    expect(fitted.a).toBeCloseTo(a, 5);
    expect(fitted.b).toBeCloseTo(b, 5);
  });

  it('finds the same accuracy at every point of a grid', async () => {
    const { train, validation, C, gamma, accuracies } = reference.grid;
    const found = await gridSearch({ train, validation, kernel: 'rbf', exponents: { C, gamma } });
    expect(found.notConverged).toBe(0);
    expect(found.table.map((point) => point.accuracy)).toEqual(accuracies);
    const best = Math.max(...accuracies);
    const first = accuracies.indexOf(best);
    const perRow = C[1] - C[0] + 1;
    expect(found.accuracy).toBe(best);
    expect(found.gamma).toBe(2 ** (gamma[0] + Math.floor(first / perRow)));
    expect(found.C).toBe(2 ** (C[0] + (first % perRow)));
  });
});
