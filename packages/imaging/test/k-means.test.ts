import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kMeans, nearestCentres } from '../src/index.js';
import { largestDifference } from './reference.js';

interface Reference {
  readonly data: number[];
  readonly dimensions: number;
  readonly start: number[];
  readonly options: { readonly maxIterations: number; readonly tolerance: number };
  readonly centres: number[];
  readonly labels: number[];
  readonly inertia: number;
  readonly iterations: number;
}

// Written by reference/words.py with scikit-learn 1.9.1.
const file = new URL('./reference/words.json', import.meta.url);
const references: Reference[] = JSON.parse(readFileSync(file, 'utf8')).kMeans;

describe('kMeans equals scikit-learn', () => {
  const names = ['to the end', 'with its tolerance', 'cut short', 'with empty clusters'];
  it.each(names.map((name, i) => [name, references[i] as Reference] as const))(
    '%s',
    async (_, { options, ...reference }) => {
      const { dimensions } = reference;
      const found = await kMeans({
        data: Float32Array.from(reference.data),
        dimensions,
        start: { centres: Float32Array.from(reference.start) },
        ...options,
      });
      expect(found.iterations).toBe(reference.iterations);
      expect([...found.labels]).toEqual(reference.labels);
      expect(largestDifference(found.centres, reference.centres)).toBeLessThan(2e-4);
      expect(found.inertia / reference.inertia).toBeCloseTo(1, 5);
    },
  );
});

/** Clouds round the corners of a square with side 10. */
function square(perCorner: number): Float32Array {
  const corners = [0, 0, 10, 0, 0, 10, 10, 10];
  return Float32Array.from({ length: 8 * perCorner }, (_, i) => {
    const jitter = ((i * 7919) % 101) / 101 - 0.5;
    return (corners[i % 8] as number) + jitter;
  });
}

describe('kMeans', () => {
  it('finds clouds from draws alone', async () => {
    const data = square(50);
    const draws = Float64Array.of(0.1, 0.7, 0.3, 0.9);
    const { centres, inertia } = await kMeans({ data, dimensions: 2, start: { draws } });
    const corners = [];
    for (let i = 0; i < 8; i += 2)
      corners.push([centres[i], centres[i + 1]].map((v) => Math.abs(Math.round(v ?? 0))));
    expect(corners.sort()).toEqual(
      [
        [0, 0],
        [0, 10],
        [10, 0],
        [10, 10],
      ].sort(),
    );
    expect(inertia).toBeLessThan(200 / 3);
  });

  it('starts at points by their squared distance from those picked before', async () => {
    // Distances from point 0: 0, 1, 9, so point 2 is picked by draws from 0.1 on.
    const start = async (draw: number) => {
      const data = Float32Array.of(0, 1, 3);
      const start = { draws: Float64Array.of(0, draw) };
      const { labels } = await kMeans({ data, dimensions: 1, start, maxIterations: 1 });
      return [...labels];
    };
    expect(await start(0.09)).toEqual([0, 1, 1]);
    expect(await start(0.11)).toEqual([0, 0, 1]);
  });

  it('gives equal bits with one thread and with three', async () => {
    const data = Float32Array.from({ length: 30_000 * 4 }, (_, i) => Math.sin(i * 1.7) * 50 + 90);
    const draws = Float64Array.from({ length: 16 }, (_, i) => i / 16);
    const options = { data, dimensions: 4, start: { draws }, maxIterations: 20 };
    const one = await kMeans({ ...options, threads: 1 });
    const three = await kMeans({ ...options, threads: 3 });
    expect(three).toEqual(one);
  });

  it('keeps clusters that fewer distinct points than clusters leave empty', async () => {
    const data = Float32Array.of(5, 5, 5, 8);
    const draws = Float64Array.of(0, 0.2, 0.4);
    const { centres, inertia } = await kMeans({ data, dimensions: 1, start: { draws } });
    expect([...new Set(centres)].sort()).toEqual([5, 8]);
    expect(inertia).toBe(0);
  });

  it('can be stopped and says what is wrong', async () => {
    const run = (more: object, data = square(5)) =>
      kMeans({ data, dimensions: 2, start: { draws: Float64Array.of(0.5) }, ...more });
    const signal = AbortSignal.abort();
    await expect(run({ signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(run({ dimensions: 3 })).rejects.toMatchObject({ code: 'DATA_ERROR' });
    await expect(run({}, Float32Array.of(1, Number.NaN))).rejects.toThrow(/not finite/);
    await expect(run({ maxIterations: 0 })).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    await expect(run({ start: { draws: new Float64Array(21) } })).rejects.toThrow(/21 for 20/);
    await expect(run({ start: { draws: Float64Array.of(1) } })).rejects.toThrow(/draws must be/);
  });

  it('stops while it works', async () => {
    const controller = new AbortController();
    const data = Float32Array.from({ length: 200_000 * 8 }, (_, i) => Math.sin(i * i));
    const draws = Float64Array.from({ length: 200 }, (_, i) => i / 200);
    const start = { draws };
    const running = kMeans({ data, dimensions: 8, start, tolerance: 0, signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('nearestCentres', () => {
  it('gives the first of equals, and nothing for no vectors', async () => {
    const centres = Float32Array.of(1000, 1002, 1000);
    const labels = await nearestCentres(Float32Array.of(999, 1001, 1003), centres, 1);
    expect([...labels]).toEqual([0, 0, 1]);
    expect(await nearestCentres(new Float32Array(), centres, 1)).toHaveLength(0);
  });
});
