import { describe, expect, it } from 'vitest';
import { uniformStream } from '../src/folds.js';
import { gridSearch, SupportVectorClassifier } from '../src/index.js';
import { trainBinary } from '../src/libsvm.js';
import { SquaredDistances } from '../src/squared-distances.js';

/** Histograms of counts, as visual words give them; the classes overlap. */
function histograms(count: number, features: number, seed: number) {
  const random = uniformStream(seed);
  const y = Array.from({ length: count }, (_, i) => i % 3);
  const X = y.map((label) =>
    Float64Array.from({ length: features }, (_, f) =>
      Math.floor(random() * 9 + (f % 3 === label ? 1.2 : 0)),
    ),
  );
  return { X, y };
}

const settings = [
  [2 ** -9, 1],
  [2 ** -12, 2 ** 9],
  [2 ** -20, 2 ** 19],
  [2, 4],
] as const;

describe('a machine trained on kernel values', () => {
  it.each(settings)('is the one libsvm trains on features, gamma %f, C %f', async (gamma, C) => {
    const { X, y } = histograms(60, 160, 5);
    const members = [...y.keys()]
      .filter((i) => y[i] !== 2)
      .sort((a, b) => (y[a] ?? 0) - (y[b] ?? 0));
    const positives = members.filter((i) => y[i] === 0).length;
    const problem = { positives, gamma, costs: [C, C] as const };
    const rows = members.map((i) => X[i] as Float64Array);
    const direct = await trainBinary({ ...problem, rows, kernel: 'rbf' });
    const kernelRows = new SquaredDistances(X).kernelRows(gamma, members);
    const given = await trainBinary({ ...problem, rows: kernelRows, kernel: 'precomputed' });
    expect(given?.iterations).toBe(direct?.iterations);
    expect(given?.rho).toBeCloseTo(direct?.rho ?? Number.NaN, 9);
    for (const [i, coefficient] of (direct?.coefficients ?? []).entries()) {
      expect(given?.coefficients[i]).toBeCloseTo(coefficient, 9);
    }
  });

  it('predicts as one machine for each pair trained on features', async () => {
    const { X, y } = histograms(90, 40, 7);
    const unseen = histograms(60, 40, 8).X;
    const options = { kernel: 'rbf', C: 8, gamma: 2 ** -8 } as const;
    const machine = await new SupportVectorClassifier(options).fit(X, y);
    const decisions = machine.decisionFunction(unseen);
    let at = 0;
    for (const [positive, negative] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const of = (label: number) => X.filter((_, i) => y[i] === label);
      const rows = [...of(positive), ...of(negative)];
      const direct = await trainBinary({
        rows,
        positives: of(positive).length,
        kernel: 'rbf',
        gamma: options.gamma,
        costs: [8, 8],
      });
      for (const [sample, row] of unseen.entries()) {
        const value = rows.reduce(
          (sum, other, i) => {
            const distance = other.reduce((d, v, f) => d + (v - (row[f] as number)) ** 2, 0);
            return sum + (direct?.coefficients[i] ?? 0) * Math.exp(-options.gamma * distance);
          },
          -(direct?.rho ?? 0),
        );
        expect(decisions[sample]?.[at]).toBeCloseTo(value, 9);
      }
      at += 1;
    }
  });

  it('is what the search over many features compares', async () => {
    const train = histograms(60, 40, 1);
    const validation = histograms(45, 40, 2);
    const exponents = { C: [-2, 6], gamma: [-12, -4] } as const;
    const found = await gridSearch({ train, validation, kernel: 'rbf', exponents });
    const machine = await new SupportVectorClassifier({
      kernel: 'rbf',
      C: found.C,
      gamma: found.gamma,
    }).fit(train.X, train.y);
    const labels = machine.predict(validation.X);
    const right = labels.filter((label, i) => label === validation.y[i]).length;
    expect(right / labels.length).toBe(found.accuracy);
    expect(found.accuracy).toBeGreaterThan(0.5);
  });
});
