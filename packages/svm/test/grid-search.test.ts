import { describe, expect, it } from 'vitest';
import { gridSearch, SupportVectorClassifier } from '../src/index.js';
import { reference } from './reference.js';

const { train, validation } = reference.grid;

/** Every point by a machine of its own, in plain order, without any saving of work. */
async function plainSearch(Cs: number[], gammas: number[], { X, y } = validation) {
  const accuracies: number[] = [];
  for (const gamma of gammas) {
    for (const C of Cs) {
      const machine = await new SupportVectorClassifier({ kernel: 'rbf', C, gamma }).fit(
        train.X,
        train.y,
      );
      const right = machine.predict(X).filter((label, index) => label === y[index]).length;
      accuracies.push(right / y.length);
    }
  }
  return accuracies;
}

describe('gridSearch', () => {
  it('saves work without changing a result', async () => {
    // Up to C = 2^12 at large gamma: rows where every pair reaches its hard margin and is not trained again.
    const found = await gridSearch({
      train,
      validation,
      kernel: 'rbf',
      exponents: { C: [0, 12], gamma: [3, 9] },
      stopAtPerfect: false,
    });
    const powers = (first: number, last: number) =>
      Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index));
    const plain = await plainSearch(powers(0, 12), powers(3, 9));
    expect(found.table.map(({ accuracy }) => accuracy)).toEqual(plain);
    expect(found).toMatchObject({ total: 91, notConverged: 0 });
  });

  it('ends ties with the smaller gamma, then the smaller C', async () => {
    const { table, C, gamma, accuracy } = await gridSearch({
      train,
      validation,
      kernel: 'rbf',
      exponents: { C: [-3, 3], gamma: [-3, 3] },
    });
    const best = table.filter((point) => point.accuracy === accuracy);
    const smallest = best.toSorted((a, b) => (a.gamma ?? 0) - (b.gamma ?? 0) || a.C - b.C)[0];
    expect(best.length).toBeGreaterThan(1);
    expect({ C, gamma }).toEqual({ C: smallest?.C, gamma: smallest?.gamma });
    expect(accuracy).toBe(Math.max(...table.map((point) => point.accuracy ?? 0)));
  });

  it('stops at the first machine without errors, which is also what the whole grid chooses', async () => {
    const easy = {
      X: [
        [0, 1],
        [1, 0],
        [0.1, 0.9],
        [0.9, 0.1],
      ],
      y: [0, 1, 0, 1],
    };
    const options = {
      train: easy,
      validation: easy,
      kernel: 'rbf',
      exponents: { C: [-2, 4], gamma: [-4, 2] },
    } as const;
    const short = await gridSearch(options);
    const whole = await gridSearch({ ...options, stopAtPerfect: false });
    expect(short.accuracy).toBe(1);
    expect(short.table.length).toBeLessThan(whole.table.length);
    expect(whole.table).toHaveLength(49);
    expect([short.C, short.gamma]).toEqual([whole.C, whole.gamma]);
  });

  it('tries 40 machines with the linear kernel', async () => {
    const found = await gridSearch({ train, validation, kernel: 'linear', stopAtPerfect: false });
    expect(found.total).toBe(40);
    expect(found.gamma).toBeUndefined();
    const machine = await new SupportVectorClassifier({ kernel: 'linear', C: found.C }).fit(
      train.X,
      train.y,
    );
    const right = machine
      .predict(validation.X)
      .filter((label, i) => label === validation.y[i]).length;
    expect(right / validation.y.length).toBe(found.accuracy);
  });

  it('tells its progress', async () => {
    const seen: number[] = [];
    const exponents = { C: [0, 2], gamma: [0, 1] } as const;
    await gridSearch({ train, validation, kernel: 'rbf', exponents }, ({ done, total }) => {
      expect(total).toBe(6);
      seen.push(done);
    });
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('says which machines did not converge, and does not choose them', async () => {
    const found = await gridSearch({
      train,
      validation,
      kernel: 'rbf',
      exponents: { C: [0, 19], gamma: [0, 0] },
      maxIterations: 1000,
      stopAtPerfect: false,
    });
    expect(found.notConverged).toBeGreaterThan(0);
    const first = found.table.findIndex(({ accuracy }) => accuracy === null);
    expect(found.table.slice(first).every(({ accuracy }) => accuracy === null)).toBe(true);
    expect(found.C).toBeLessThan(found.table[first]?.C as number);
  });

  it('can be cancelled, and lets the event loop run', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    const search = gridSearch({ train, validation, kernel: 'rbf', signal: controller.signal });
    await expect(search).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it.each([
    ['no validation samples', { validation: { X: [], y: [] } }, 'DATA_ERROR'],
    ['labels missing', { validation: { X: [[0, 0, 0, 1]], y: [] } }, 'DATA_ERROR'],
    ['other features', { validation: { X: [[0, 1]], y: [0] } }, 'DATA_ERROR'],
    ['one training class', { train: { X: [[0], [1]], y: [0, 0] } }, 'DATA_ERROR'],
    ['an empty range', { exponents: { C: [3, 2] as const } }, 'INVALID_CONFIG'],
    ['a NaN range', { exponents: { gamma: [Number.NaN, 2] as const } }, 'INVALID_CONFIG'],
    ['no iterations', { maxIterations: 0 }, 'INVALID_CONFIG'],
  ])('refuses %s', async (_, wrong, code) => {
    const search = gridSearch({ train, validation, kernel: 'rbf', ...wrong });
    await expect(search).rejects.toMatchObject({ code });
  });
});
