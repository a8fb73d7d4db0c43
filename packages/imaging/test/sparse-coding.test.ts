import { readFileSync } from 'node:fs';
import { randomStream } from '@flc-native/pipeline';
import { describe, expect, it } from 'vitest';
import { kSvd, orthogonalMatchingPursuit } from '../src/index.js';

interface Reference {
  readonly signals: number[];
  readonly dictionary: number[];
  readonly dimensions: number;
  readonly sparsity: number;
  /** [signal, atom] */
  readonly codes: number[][];
}

// Written by reference/words.py with scikit-learn 1.9.1.
const file = new URL('./reference/words.json', import.meta.url);
const reference: Reference = JSON.parse(readFileSync(file, 'utf8')).pursuit;

describe('orthogonalMatchingPursuit', () => {
  const { dimensions, sparsity } = reference;
  const signals = Float32Array.from(reference.signals);
  const dictionary = Float32Array.from(reference.dictionary);

  it('equals scikit-learn', async () => {
    const { atoms, coefficients } = await orthogonalMatchingPursuit({
      signals,
      dictionary,
      dimensions,
      sparsity,
    });
    for (const [signal, expected] of reference.codes.entries()) {
      const code = new Array<number>(expected.length).fill(0);
      for (let place = signal * sparsity; place < (signal + 1) * sparsity; place += 1) {
        code[atoms[place] as number] = coefficients[place] as number;
      }
      for (const [atom, value] of expected.entries()) expect(code[atom]).toBeCloseTo(value, 2);
    }
  });

  it('takes no more atoms than a signal needs', async () => {
    const signal = dictionary.slice(3 * dimensions, 4 * dimensions).map((value) => -7 * value);
    const both = new Float32Array(2 * dimensions);
    both.set(signal);
    const codes = await orthogonalMatchingPursuit({
      signals: both,
      dictionary,
      dimensions,
      sparsity: 3,
    });
    expect([...codes.atoms]).toEqual([3, -1, -1, -1, -1, -1]);
    expect(codes.coefficients[0]).toBeCloseTo(-7, 4);
  });

  it('refuses atoms that are not of length 1, and impossible sparsity', async () => {
    const run = (more: object) =>
      orthogonalMatchingPursuit({ signals, dictionary, dimensions, sparsity, ...more });
    const long = dictionary.map((value) => 2 * value);
    await expect(run({ dictionary: long })).rejects.toThrow(/atom 0 has the length 2/);
    await expect(run({ sparsity: 13 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(run({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

/** The experiment of Aharon, Elad and Bruckstein 2006, section V-A: 50 random atoms, 1500 sums of three, 20 dB. */
function planted(noise: number) {
  const [dimensions, atoms, count, sparsity] = [20, 50, 1500, 3];
  const random = randomStream(11, 'planted');
  const dictionary = Array.from({ length: atoms }, () => {
    const atom = Array.from({ length: dimensions }, () => random.normal());
    const length = Math.hypot(...atom);
    return atom.map((value) => value / length);
  });
  const signals = new Float32Array(count * dimensions);
  for (let signal = 0; signal < count; signal += 1) {
    const chosen = random.shuffle(dictionary).slice(0, sparsity);
    const weights = chosen.map(() => random.normal());
    const clean = Array.from({ length: dimensions }, (_, d) =>
      chosen.reduce((sum, atom, k) => sum + (weights[k] as number) * (atom[d] as number), 0),
    );
    const scale = (noise * Math.hypot(...clean)) / Math.sqrt(dimensions);
    for (const [d, value] of clean.entries()) {
      signals[signal * dimensions + d] = value + scale * random.normal();
    }
  }
  const draws = Float64Array.from({ length: atoms }, () => random.uniform());
  return { dictionary, problem: { signals, dimensions, sparsity, iterations: 80, draws } };
}

describe('kSvd', () => {
  it('recovers a planted dictionary as its authors report', async () => {
    const { dictionary, problem } = planted(0.1);
    const found = await kSvd(problem);
    const atoms = Array.from({ length: dictionary.length }, (_, atom) =>
      found.dictionary.subarray(atom * problem.dimensions, (atom + 1) * problem.dimensions),
    );
    for (const atom of atoms) expect(Math.hypot(...atom)).toBeCloseTo(1, 5);
    const inner = (a: ArrayLike<number>, b: readonly number[]) =>
      b.reduce((sum, value, d) => sum + value * (a[d] as number), 0);
    const recovered = dictionary.filter((truth) =>
      atoms.some((atom) => 1 - Math.abs(inner(atom, truth)) < 0.01),
    );
    // At 20 dB the paper's Fig. 3 has 43 to 48 of 50.
    expect(recovered.length).toBeGreaterThanOrEqual(43);
    expect(found.errors.at(-1)).toBeLessThan(0.6 * (found.errors[0] as number));
    // Pursuit is greedy: only the update of the atoms is sure to lower the error.
    for (let i = 1; i < found.errors.length; i += 1) {
      expect(found.errors[i]).toBeLessThanOrEqual((found.errors[i - 1] as number) * 1.005);
    }
  });

  it('gives equal bits with one thread and with three, and can be stopped', async () => {
    const { problem } = planted(0.1);
    const options = { ...problem, iterations: 5 };
    const one = await kSvd({ ...options, threads: 1 });
    expect(await kSvd({ ...options, threads: 3 })).toEqual(one);
    const controller = new AbortController();
    const running = kSvd({ ...options, iterations: 1000, signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('refuses more atoms than signals', async () => {
    const { problem } = planted(0.1);
    const signals = problem.signals.subarray(0, 40 * problem.dimensions);
    await expect(kSvd({ ...problem, signals })).rejects.toThrow(/50 for 40 signals/);
  });
});
