import { createRequire } from 'node:module';
import { describe, expect, it, vi } from 'vitest';
import { SupportVectorClassifier, type SvmModelJson } from '../src/index.js';
import { trainBinary } from '../src/libsvm.js';
import { reference } from './reference.js';

const { X, y, testX, settings } = reference.probability;

function fitted(probability: boolean, seed = 0): Promise<SupportVectorClassifier> {
  return new SupportVectorClassifier({ ...settings, probability, seed }).fit(X, y);
}

describe('a saved machine', () => {
  it('gives the same bits after a way through JSON text', async () => {
    const machine = await fitted(true);
    const loaded = SupportVectorClassifier.load(JSON.parse(JSON.stringify(machine.save())));
    expect(loaded.classes).toEqual(machine.classes);
    expect(loaded.predict(testX)).toEqual(machine.predict(testX));
    expect(loaded.decisionFunction(testX)).toStrictEqual(machine.decisionFunction(testX));
    expect(loaded.predictProbability(testX)).toStrictEqual(machine.predictProbability(testX));
    expect(JSON.stringify(loaded.save())).toBe(JSON.stringify(machine.save()));
  });

  it('has no number that JSON text changes', async () => {
    const machine = new SupportVectorClassifier({ kernel: 'linear', C: 1 });
    await machine.fit(
      [
        [-0, 0.1],
        [1 / 3, -0],
      ],
      [0, 1],
    );
    const saved = machine.save();
    expect(JSON.parse(JSON.stringify(saved))).toStrictEqual(saved);
  });

  it('shares nothing with the machine it came from', async () => {
    const machine = await fitted(false);
    const before = machine.decisionFunction(testX);
    const saved = machine.save() as unknown as { supportVectors: number[][]; classes: number[] };
    saved.supportVectors.fill([9, 9, 9, 9]);
    saved.classes.reverse();
    expect(machine.decisionFunction(testX)).toStrictEqual(before);
    expect(machine.classes).toEqual([0, 1, 2, 3]);
  });

  const damages: [string, (model: Record<string, unknown>) => unknown][] = [
    ['no object', () => 'svm'],
    ['null', () => null],
    ['another format', (model) => ({ ...model, format: 'libsvm' })],
    ['a later version', (model) => ({ ...model, version: 2 })],
    ['an unknown kernel', (model) => ({ ...model, kernel: { type: 'poly' } })],
    ['a kernel without gamma', (model) => ({ ...model, kernel: { type: 'rbf' } })],
    ['one class', (model) => ({ ...model, classes: [0], machines: [] })],
    ['classes out of order', (model) => ({ ...model, classes: [1, 0, 2, 3] })],
    ['a machine missing', (model) => ({ ...model, machines: (model.machines as []).slice(1) })],
    ['a support vector cut short', (model) => ({ ...model, supportVectors: [[0.1, 0.2]] })],
    ['a NaN, as JSON writes it', (model) => ({ ...model, C: null })],
    ['support vectors missing', (model) => ({ ...model, supportVectors: [] })],
    [
      'a coefficient missing',
      (model) => {
        const copy = structuredClone(model) as unknown as {
          machines: { coefficients: number[] }[];
        };
        copy.machines[3]?.coefficients.pop();
        return copy;
      },
    ],
  ];
  it.each(damages)('is refused with a code: %s', async (_, damage) => {
    const saved = (await fitted(false)).save() as SvmModelJson & Record<string, unknown>;
    expect(() => SupportVectorClassifier.load(damage(saved))).toThrow(
      expect.objectContaining({ code: 'CHECKPOINT_CORRUPT' }),
    );
  });
});

describe('training', () => {
  it('repeats in one process, with probabilities too', async () => {
    const first = (await fitted(true)).save();
    const second = (await fitted(true)).save();
    expect(second).toStrictEqual(first);
    expect((await fitted(true, 1)).save()).not.toStrictEqual(first);
  });

  it('does not depend on the order of the classes among the samples', async () => {
    const order = X.map((_, index) => index).sort(
      (a, b) => (y[b] as number) - (y[a] as number) || a - b,
    );
    const shuffled = await new SupportVectorClassifier(settings).fit(
      order.map((index) => X[index] as number[]),
      order.map((index) => y[index] as number),
    );
    expect(shuffled.decisionFunction(testX)).toStrictEqual(
      (await fitted(false)).decisionFunction(testX),
    );
  });

  it('predicts what libsvm itself predicts', async () => {
    const before = process.listeners('unhandledRejection');
    const Foreign = createRequire(import.meta.url)('libsvm-js/asm');
    for (const listener of process.listeners('unhandledRejection')) {
      if (!before.includes(listener)) process.off('unhandledRejection', listener);
    }
    const foreign = new Foreign({
      type: '0',
      kernel: '2',
      cost: settings.C,
      gamma: settings.gamma,
      quiet: true,
    });
    const order = X.map((_, index) => index).sort(
      (a, b) => (y[a] as number) - (y[b] as number) || a - b,
    );
    foreign.train(
      order.map((index) => X[index]),
      order.map((index) => y[index]),
    );
    const machine = await fitted(false);
    expect(machine.predict([...testX, ...X])).toEqual(foreign.predict([...testX, ...X]));
    foreign.free();
  });

  it('prints nothing and leaves the process as it was', async () => {
    const warn = vi.spyOn(console, 'warn');
    const write = vi.spyOn(process.stderr, 'write');
    const listeners = process.listenerCount('unhandledRejection');
    vi.resetModules();
    const fresh = await import('../src/index.js');
    await new fresh.SupportVectorClassifier(settings).fit(X, y);
    expect(warn).not.toHaveBeenCalled();
    expect(write).not.toHaveBeenCalled();
    expect(process.listenerCount('unhandledRejection')).toBe(listeners);
    vi.restoreAllMocks();
  });

  it('finds the hard margin between two points by hand', async () => {
    // Points 0 and 1: w = -2, decision(x) = 1 - 2x, alpha = 2 for both.
    const machine = await new SupportVectorClassifier({ kernel: 'linear', C: 10 }).fit(
      [[0], [1]],
      [5, 7],
    );
    expect(machine.decisionFunction([[0], [0.5], [2]]).flat()).toEqual([1, 0, -3]);
    expect(machine.save().machines[0]).toMatchObject({ coefficients: [2, -2], rho: -1 });
  });

  it('stops at an iteration limit and is whole afterwards', async () => {
    const rows = X.slice(0, 80).map((row) => Float64Array.from(row));
    const problem = {
      rows,
      positives: 40,
      kernel: 'rbf',
      gamma: 1,
      costs: [2 ** 19, 2 ** 19],
    } as const;
    expect(await trainBinary({ ...problem, maxIterations: 2000 })).toBeUndefined();
    const small = { ...problem, costs: [1, 1] } as const;
    const expected = await trainBinary(small);
    const many = await Promise.all([
      trainBinary({ ...problem, maxIterations: 2000 }),
      trainBinary(small),
      trainBinary(small),
    ]);
    expect(many).toStrictEqual([undefined, expected, expected]);
  });
});

describe('probabilities', () => {
  it('sum to 1 and lie between 0 and 1', async () => {
    for (const row of (await fitted(true)).predictProbability(testX)) {
      expect(row.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      expect(row.every((p) => p >= 0 && p <= 1)).toBe(true);
    }
  });

  it('exist for classes of one sample', async () => {
    const machine = new SupportVectorClassifier({ kernel: 'rbf', C: 1, probability: true });
    await machine.fit(
      [
        [0, 1],
        [1, 0],
        [0.5, 0.5],
      ],
      [0, 1, 2],
    );
    for (const p of machine.predictProbability([[0, 1]]).flat()) expect(p).toBeGreaterThan(0);
  });

  it('need to be asked for', async () => {
    const machine = await fitted(false);
    expect(() => machine.predictProbability(testX)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });
});

describe('bad input', () => {
  const good = [
    [0, 1],
    [1, 0],
  ];
  const samples: [string, number[][], number[]][] = [
    ['nothing', [], []],
    [
      'NaN',
      [
        [0, Number.NaN],
        [1, 0],
      ],
      [0, 1],
    ],
    [
      'infinity',
      [
        [0, 1],
        [Number.NEGATIVE_INFINITY, 0],
      ],
      [0, 1],
    ],
    ['one class', good, [1, 1]],
    ['too few labels', good, [0]],
    ['a ragged table', [[0, 1], [1]], [0, 1]],
    ['no features', [[], []], [0, 1]],
    ['a label that is no whole number', good, [0, 0.5]],
    ['a NaN label', good, [0, Number.NaN]],
  ];
  it.each(samples)('%s is DATA_ERROR', async (_, badX, badY) => {
    const fitting = new SupportVectorClassifier({ kernel: 'rbf', C: 1 }).fit(badX, badY);
    await expect(fitting).rejects.toMatchObject({ code: 'DATA_ERROR' });
  });

  it.each([
    { C: 0 },
    { C: -1 },
    { C: Number.NaN },
    { gamma: 0 },
    { gamma: Number.POSITIVE_INFINITY },
    { seed: 0.5 },
    { classWeights: { 0: -1 } },
    { kernel: 'poly' as 'rbf' },
  ])('%o is INVALID_CONFIG', (wrong) => {
    expect(() => new SupportVectorClassifier({ kernel: 'rbf', C: 1, ...wrong })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });

  it('refuses weights of classes that are not there', async () => {
    const machine = new SupportVectorClassifier({ kernel: 'rbf', C: 1, classWeights: { 4: 2 } });
    await expect(machine.fit(good, [0, 1])).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it('refuses to predict before fit, after close, and other numbers of features', async () => {
    const machine = new SupportVectorClassifier({ kernel: 'rbf', C: 1 });
    const code = (expected: string) => expect.objectContaining({ code: expected });
    expect(() => machine.predict(good)).toThrow(code('INVALID_CONFIG'));
    await machine.fit(good, [0, 1]);
    expect(machine.predict(good)).toEqual([0, 1]);
    expect(machine.predict([])).toEqual([]);
    expect(() => machine.predict([[1]])).toThrow(code('DATA_ERROR'));
    expect(() => machine.decisionFunction([[1, Number.NaN]])).toThrow(code('DATA_ERROR'));
    machine.close();
    expect(() => machine.predict(good)).toThrow(code('INVALID_CONFIG'));
    await expect(machine.fit(good, [0, 1])).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});

describe('training', () => {
  it('lets the event loop run between its parts, and stops there for a signal', async () => {
    const samples = Array.from({ length: 600 }, (_, i) => [(i * 7919) % 1009, (i * 104_729) % 997]);
    const labels = samples.map(([value], i) => (i % 3 === 0 ? i % 4 : (value as number) % 4));
    const controller = new AbortController();
    let turns = 0;
    const timer = setInterval(() => {
      turns++;
      if (turns === 3) controller.abort('enough');
    }, 1);
    const machine = new SupportVectorClassifier({
      kernel: 'rbf',
      C: 10,
      gamma: 1,
      probability: true,
    });
    const training = machine.fit(samples, labels, undefined, { signal: controller.signal });
    await expect(training).rejects.toMatchObject({ code: 'CANCELLED', cause: 'enough' });
    clearInterval(timer);
    expect(() => machine.classes).toThrow('has not been fitted');
  });

  it('is refused once the machine is disposed of', async () => {
    const machine = await fitted(false);
    machine[Symbol.dispose]();
    await expect(machine.fit(X, y)).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});
