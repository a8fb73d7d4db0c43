import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cropRegion, pasteRegion, type RandomWalkOptions, randomWalker } from '../src/index.js';
import { largestDifference } from './reference.js';

interface Reference {
  readonly name: string;
  /** z, y, x, as everything of the script. */
  readonly shape: readonly [number, number, number];
  readonly radius: readonly [number, number, number];
  readonly amplitude: number;
  readonly channels: number;
  readonly beta: number;
  readonly spacing: readonly [number, number, number];
  readonly labels: number;
  readonly points: readonly (readonly [number, readonly [number, number, number]])[];
  readonly probabilities: readonly (readonly number[])[];
}

// Written by reference/random_walker.py with scikit-image 0.26.0.
const file = new URL('./reference/random_walker.json', import.meta.url);
const references: Reference[] = JSON.parse(readFileSync(file, 'utf8'));

function image({ shape, radius, amplitude }: Reference, channel: number): Float32Array {
  const [nz, ny, nx] = shape;
  const middle = shape.map((n) => (n - 1) / 2) as [number, number, number];
  return Float32Array.from({ length: nz * ny * nx }, (_, i) => {
    const at = [Math.floor(i / (nx * ny)), Math.floor(i / nx) % ny, i % nx];
    const distance = at.reduce(
      (sum, v, axis) => sum + ((v - (middle[axis] as number)) / (radius[axis] as number)) ** 2,
      0,
    );
    const noise = ((i * 7919 + channel * 104729) % 1009) / 1009 - 0.5;
    return (distance < 1 ? 1 - 0.25 * channel : 0) + amplitude * noise;
  });
}

function problem(reference: Reference): RandomWalkOptions {
  const [nz, ny, nx] = reference.shape;
  const [sz, sy, sx] = reference.spacing;
  const seeds = new Int32Array(nz * ny * nx);
  for (const [label, [z, y, x]] of reference.points) seeds[(z * ny + y) * nx + x] = label;
  return {
    images: Array.from({ length: reference.channels }, (_, c) => image(reference, c)),
    size: [nx, ny, nz],
    spacing: [sx, sy, sz],
    seeds,
    labels: reference.labels,
    beta: reference.beta,
  };
}

describe('randomWalker equals scikit-image', () => {
  it.each(references.map((reference) => [reference.name, reference] as const))(
    '%s',
    async (_, reference) => {
      const { labels, probabilities, residual } = await randomWalker(problem(reference));
      expect(residual).toBeLessThanOrEqual(1e-6);
      expect(largestDifference(probabilities, reference.probabilities.flat())).toBeLessThan(1e-4);
      const expected = Array.from(labels, (_label, voxel) => {
        const here = reference.probabilities.map((of) => of[voxel] as number);
        return Math.max(...here) === 0 ? 0 : here.indexOf(Math.max(...here)) + 1;
      });
      const equal = expected.filter((label, voxel) => label === labels[voxel]).length;
      expect(equal / expected.length).toBeGreaterThanOrEqual(0.999);
    },
  );
});

describe('randomWalker equals a formula', () => {
  it('on a chain of resistors', async () => {
    // One row of voxels between two seeds: the voltage falls by 1 / weight at every edge.
    const values = Float32Array.of(0, 0.5, 0.4, 1.1, 2, 1.7, 0.3, 0.9);
    const mean = values.reduce((a, b) => a + b) / values.length;
    const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length;
    const resistances = Array.from(values.subarray(1), (v, i) => {
      const squared = ((v - (values[i] as number)) / 0.5) ** 2;
      return 1 / (Math.exp((-20 * squared) / (10 * Math.sqrt(variance))) + 1e-10);
    });
    const total = resistances.reduce((a, b) => a + b);
    const passed = (i: number) => resistances.slice(0, i).reduce((a, b) => a + b, 0);
    const expected = Array.from(values, (_, i) => 1 - passed(i) / total);
    const { probabilities, labels } = await randomWalker({
      images: [values],
      size: [8, 1, 1],
      spacing: [0.5, 1, 1],
      seeds: Int32Array.of(1, 0, 0, 0, 0, 0, 0, 2),
      labels: 2,
      beta: 20,
    });
    expect(largestDifference(probabilities.subarray(0, 8), expected)).toBeLessThan(1e-6);
    expect(Array.from(labels)).toEqual(expected.map((p) => (p >= 0.5 ? 1 : 2)));
  });

  it('on an even image, where only distance counts', async () => {
    const { probabilities } = await randomWalker({
      images: [new Float32Array(9).fill(40)],
      size: [1, 9, 1],
      seeds: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 2),
      labels: 2,
    });
    const expected = Array.from({ length: 9 }, (_, i) => i / 8);
    expect(largestDifference(probabilities.subarray(9), expected)).toBeLessThan(1e-6);
  });
});

describe('randomWalker', () => {
  const size = [64, 64, 16] as const;
  const voxels = 64 * 64 * 16;
  const noisy = Float32Array.from({ length: voxels }, (_, i) => {
    const inside = (i % 64 > 20 && i % 64 < 44 ? 1 : 0) * (i > voxels / 4 ? 1 : 0);
    return inside + (0.4 * ((i * 7919) % 1009)) / 1009;
  });
  const seeds = new Int32Array(voxels);
  seeds[0] = 1;
  seeds[voxels - 1] = 2;
  const walk: RandomWalkOptions = { images: [noisy], size, seeds, labels: 2 };

  it('leaves the event loop free and stops on a signal', async () => {
    const controller = new AbortController();
    let turns = 0;
    const count = setInterval(() => {
      turns += 1;
      if (turns === 2) controller.abort(new Error('enough'));
    }, 1);
    const walking = randomWalker({ ...walk, tolerance: 1e-12, signal: controller.signal });
    await expect(walking).rejects.toMatchObject({ code: 'CANCELLED', cause: new Error('enough') });
    clearInterval(count);
    expect(turns).toBeGreaterThanOrEqual(2);
  });

  it('does not begin when cancelled already', async () => {
    const signal = AbortSignal.abort();
    await expect(randomWalker({ ...walk, signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('is the same for any number of threads', async () => {
    const one = await randomWalker({ ...walk, threads: 1 });
    expect(await randomWalker({ ...walk, threads: 3 })).toEqual(one);
  });

  it('goes on from an earlier solution', async () => {
    const first = await randomWalker(walk);
    const same = await randomWalker({ ...walk, warmStart: first.probabilities });
    expect(same.iterations).toBeLessThan(first.iterations / 2);
    const more = Int32Array.from(seeds);
    more.fill(2, 2000, 2005);
    const cold = await randomWalker({ ...walk, seeds: more });
    const warm = await randomWalker({ ...walk, seeds: more, warmStart: first.probabilities });
    expect(warm.iterations).toBeLessThanOrEqual(cold.iterations);
    expect(largestDifference(warm.probabilities, cold.probabilities)).toBeLessThan(1e-4);
  });

  it('does not see changes of its input after the call', async () => {
    const image = Float32Array.from(noisy);
    const walking = randomWalker({ ...walk, images: [image] });
    image.fill(0);
    expect(await walking).toEqual(await randomWalker(walk));
  });

  const broken: [string, Partial<RandomWalkOptions>, string, string][] = [
    ['NaN', { images: [Float32Array.from(noisy).fill(Number.NaN, 5, 6)] }, 'DATA_ERROR', 'images'],
    ['a short image', { images: [noisy, noisy.subarray(1)] }, 'DATA_ERROR', 'images'],
    ['no image', { images: [] }, 'INVALID_CONFIG', 'images'],
    ['short seeds', { seeds: seeds.subarray(1) }, 'DATA_ERROR', 'seeds'],
    ['a label without seed', { labels: 3 }, 'DATA_ERROR', 'seeds'],
    ['only seeds', { seeds: new Int32Array(voxels).fill(1).fill(2, 9) }, 'DATA_ERROR', 'seeds'],
    ['a huge size', { size: [4096, 4096, 100] }, 'INVALID_CONFIG', 'size'],
    ['an absurd size', { size: [1e9, 1e9, 1e9] }, 'INVALID_CONFIG', 'size'],
    ['one label', { labels: 1 }, 'INVALID_CONFIG', 'labels'],
    ['minus two labels', { labels: -2 }, 'INVALID_CONFIG', 'labels'],
    ['no spacing', { spacing: [1, 0, 1] }, 'INVALID_CONFIG', 'spacing'],
    ['negative beta', { beta: -1 }, 'INVALID_CONFIG', 'beta'],
    ['no tolerance', { tolerance: 0 }, 'INVALID_CONFIG', 'tolerance'],
    ['a short start', { warmStart: noisy }, 'DATA_ERROR', 'warmStart'],
    ['too many threads', { threads: 1e6 }, 'INVALID_CONFIG', 'threads'],
  ];
  it.each(broken)('refuses %s', async (_, change, code, what) => {
    const walking = randomWalker({ ...walk, ...change });
    await expect(walking).rejects.toMatchObject({ code, details: { what } });
  });

  it('refuses voxels behind a wall', async () => {
    const walled = Int32Array.from(seeds).fill(-1, 4096, 8192).fill(-1, 12288, 16384);
    await expect(randomWalker({ ...walk, seeds: walled })).rejects.toMatchObject({
      code: 'DATA_ERROR',
      details: { what: 'seeds' },
    });
  });
});

describe('regions', () => {
  const size = [4, 3, 2] as const;
  const values = Int32Array.from({ length: 24 }, (_, i) => i);
  const region = { offset: [1, 1, 0], size: [2, 2, 2] } as const;

  it('are cut and put back', () => {
    const cut = cropRegion(values, size, region);
    expect(Array.from(cut)).toEqual([5, 6, 9, 10, 17, 18, 21, 22]);
    const into = new Int32Array(24);
    pasteRegion(into, size, region, cut);
    expect(Array.from(into, (v, i) => (v === 0 ? 0 : v - i))).toEqual(new Array(24).fill(0));
    expect(into.filter((v) => v !== 0)).toHaveLength(8);
  });

  it('lie inside of the volume', () => {
    expect(() => cropRegion(values, size, { ...region, offset: [3, 1, 0] })).toThrow('region');
    expect(() => cropRegion(values.subarray(1), size, region)).toThrow('23');
  });
});
