import { describe, expect, it } from 'vitest';
import { randomStream } from '../src/random/index.js';
import { Xoshiro128 } from '../src/random/random.js';

describe('randomStream', () => {
  it('is xoshiro128**', () => {
    // Printed by the C program of the authors (prng.di.unimi.it/xoshiro128starstar.c) with s = {1, 2, 3, 4}.
    const expected = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849];
    const random = new Xoshiro128(Uint32Array.of(1, 2, 3, 4));
    const drawn = [];
    for (let i = 0; i < 4; i++) {
      // A draw of uniform() holds two words: the upper 27 bits of one and the upper 26 of the next.
      const bits = random.uniform() * 2 ** 53;
      drawn.push(Math.floor(bits / 2 ** 26), bits % 2 ** 26);
    }
    expect(drawn).toEqual(expected.map((word, i) => word >>> (i % 2 === 0 ? 5 : 6)));
  });

  it('gives the same numbers for the same seed and name, others for another', () => {
    const draw = (seed: number, name: string) => {
      const random = randomStream(seed, name);
      return Array.from({ length: 5 }, () => random.uniform());
    };
    expect(draw(7, 'noise')).toEqual(draw(7, 'noise'));
    expect(draw(7, 'noise')).not.toEqual(draw(7, 'shape'));
    expect(draw(7, 'noise')).not.toEqual(draw(8, 'noise'));
  });

  it('draws uniform, normal and integer numbers of the right distribution', () => {
    const random = randomStream(1, 'moments');
    const n = 200_000;
    const normal = Array.from({ length: n }, () => random.normal());
    const moment = (k: number) => normal.reduce((sum, x) => sum + x ** k, 0) / n;
    // Moments of the standard normal; the tolerance is five standard errors.
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < n; i++) {
      const k = random.int(7);
      counts[k] = (counts[k] as number) + 1;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - n / 7) ** 2 / (n / 7), 0);
    expect(chiSquare).toBeLessThan(22.5); // 0.999 quantile, 6 degrees of freedom
    const uniform = Array.from({ length: n }, () => random.uniform(2, 4));
    expect(Math.min(...uniform.slice(0, 1000))).toBeGreaterThanOrEqual(2);
    expect(uniform.reduce((a, b) => a + b, 0) / n).toBeCloseTo(3, 2);
  });

  it('shuffles without losing or changing items', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const shuffled = randomStream(3, 'shuffle').shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
    expect(items[0]).toBe(0);
  });
});
