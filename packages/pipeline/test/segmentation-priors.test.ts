import { describe, expect, it } from 'vitest';
import {
  type Ellipsoid,
  ellipsoidOf,
  partWithSeeds,
  withShape,
} from '../src/segmentation/compact-shape.js';
import { compactWalk } from '../src/segmentation/compact-walk.js';
import { labelPriors } from '../src/segmentation/label-priors.js';
import { strokePieces } from '../src/segmentation/stroke-pieces.js';
import { size, volumeOf } from './cohort.js';

describe('labelPriors', () => {
  // A row of two strokes and voxels between and beyond; neighbours of a stroke belong to it.
  const seeds = { labels: Uint8Array.of(1, 1, 0, 2, 2, 0, 0, 0, 0), count: 2 };
  const images = [Float32Array.of(1, -1, 3, 99, 101, 40, 60, 100, 5000)];
  const priors = labelPriors(images, seeds, [9, 1, 1]);

  it('go by the tissue of a stroke, its mean', () => {
    expect(priors[2]).toBeGreaterThan(0.99);
    expect(priors[7]).toBeLessThan(0.01);
    expect((priors[2] as number) + (priors[11] as number)).toBeCloseTo(1, 6);
  });

  it('give a mixture of two tissues to the label that has more of it', () => {
    expect(priors[5]).toBeGreaterThan(0.9);
    expect(priors[6]).toBeLessThan(0.1);
  });

  it('leave open what is like nothing that was marked', () => {
    expect(priors[8]).toBeGreaterThan(0.25);
    expect(priors[8]).toBeLessThan(0.75);
  });

  it('equal the shares of Student kernels, computed by hand', () => {
    // One image, three degrees of freedom; pure 0 and 100, mixed 20, 40, 60 and 80; widths 2 and 1.5.
    const kernel = (d: number, width: number) => (1 + d ** 2 / (3 * width ** 2)) ** -2 / width;
    const lesion = 0.7 * kernel(3, 2) + 0.15 * (kernel(17, 2) + kernel(37, 2));
    const other = 0.7 * kernel(97, 1.5) + 0.15 * (kernel(57, 1.5) + kernel(77, 1.5));
    expect(priors[2]).toBeCloseTo(lesion / (lesion + other), 6);
    // 3 to 1 beforehand.
    const more = labelPriors(images, seeds, [9, 1, 1], 0.75);
    expect(more[2]).toBeCloseTo((3 * lesion) / (3 * lesion + other), 6);
  });
});

describe('strokePieces', () => {
  it('are connected seeds of a label, long ones cut, many thinned out', () => {
    const line = Uint8Array.from({ length: 40 }, (_, i) =>
      i < 5 ? 1 : i < 10 ? 0 : i < 30 ? 1 : 2,
    );
    const sizes = strokePieces(line, [40, 1, 1], 1).map(({ length }) => length);
    expect(sizes).toEqual([5, 7, 7, 6]);
    const dots = Uint8Array.from({ length: 100 }, (_, i) => 1 - (i % 2));
    expect(strokePieces(dots, [100, 1, 1], 1)).toHaveLength(8);
  });
});

describe('the shape of a lesion', () => {
  const ball = volumeOf(
    (x, y, z) => (((x - 20) / 12) ** 2 + ((y - 18) / 8) ** 2 + ((z - 4) / 3) ** 2 < 1 ? 1 : 0),
    Uint8Array,
  ).data as Uint8Array;
  const at = (x: number, y: number, z: number) => (z * size[1] + y) * size[0] + x;

  it('is the ellipsoid of its second moments', () => {
    const ellipsoid = ellipsoidOf(ball, size, [1, 1, 1]) as Ellipsoid;
    expect(ellipsoid.depth(at(20, 18, 4))).toBeLessThan(0.05);
    expect(ellipsoid.depth(at(32, 18, 4))).toBeCloseTo(1, 1);
    expect(ellipsoid.depth(at(20, 26, 4))).toBeCloseTo(1, 1);
    expect(ellipsoid.depth(at(20, 34, 4))).toBeCloseTo(2, 1);
    expect(ellipsoidOf(new Uint8Array(ball.length), size, [1, 1, 1])).toBeUndefined();
  });

  it('changes the odds by the depth, and no more than by e^4', () => {
    const ellipsoid = { depth: (voxel: number) => [0, 0.5, 1, 9][voxel] as number };
    const shaped = withShape(Float32Array.of(...Array(8).fill(0.5)), ellipsoid, 2, 4);
    const odds = [0, 1, 2, 3].map((i) =>
      Math.log((shaped[i] as number) / (shaped[i + 4] as number)),
    );
    [2, 1, 0, -4].forEach((expected, i) => {
      expect(odds[i]).toBeCloseTo(expected, 4);
    });
  });

  it('is of the part that holds seeds', () => {
    const found = Uint8Array.from(ball);
    found[at(1, 1, 1)] = 1;
    const seeds = new Uint8Array(ball.length);
    seeds[at(20, 18, 4)] = 1;
    expect(partWithSeeds(found, seeds, size)).toEqual(ball);
  });

  it('fills a doubtful notch and takes a doubtful tongue away, but no sure one', async () => {
    const notch = at(29, 18, 4);
    const tongue = Array.from({ length: 7 }, (_, i) => at(32 + i, 18, 4));
    const sure = at(20, 26, 4);
    const likelihood = Float32Array.from(ball, (v) => (v === 0 ? 0.1 : 0.9));
    likelihood[notch] = 0.4;
    for (const voxel of tongue) likelihood[voxel] = 0.6;
    likelihood[sure] = 0.999;
    // Each voxel by itself.
    const walk = async (shares: Float32Array) => ({
      labels: Uint8Array.from(ball, (_, i) => ((shares[i] as number) > 0.5 ? 1 : 2)),
      ...{ probabilities: shares, iterations: 1, residual: 0, reused: false },
    });
    const lesionSeeds = new Uint8Array(ball.length);
    lesionSeeds[at(20, 18, 4)] = 1;
    const likelihoods = Float32Array.of(...likelihood, ...likelihood.map((v) => 1 - v));
    const common = { likelihoods, walk, lesionSeeds, size, spacing: [1, 1, 1] };
    const free = (await compactWalk({ ...common, compact: 0 })).inside;
    expect([notch, tongue.at(-1) as number, sure].map((i) => free[i])).toEqual([0, 1, 1]);
    const shaped = (await compactWalk({ ...common, compact: 8 })).inside;
    expect([notch, tongue.at(-1) as number, sure].map((i) => shaped[i])).toEqual([1, 0, 1]);
  });
});
