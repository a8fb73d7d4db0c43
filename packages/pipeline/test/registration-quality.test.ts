import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import {
  identityDirection,
  type Matrix3,
  makeVolume,
  type RegistrationInput,
  resolveRegistration,
  type SpatialTransform,
  type Vector3,
} from '../src/index.js';
import { checkerboard } from '../src/registration/checkerboard.js';
import { registrationQuality } from '../src/registration/quality.js';
import { identityTransform } from '../src/registration/spatial-transform.js';
import { boxMask, volumeOf } from './cohort.js';

const linear = (matrix: readonly number[], translation: Vector3): SpatialTransform => ({
  stages: [{ kind: 'linear', matrix: matrix as Matrix3, translation, centre: [0, 0, 115] }],
});
const shift = (x: number) => linear(identityDirection, [x, 0, 0]);

/** Blocks of four pixels, bright and dark. */
const image = volumeOf((x, y) => (((x >> 2) + (y >> 2)) % 2 === 0 ? 20 : 120));

function quality(
  transform: SpatialTransform,
  masks: readonly [number, number] = [0, 0],
  limits: RegistrationInput['limits'] = {},
) {
  const mask = (x: number) => boxMask([10 + x, 10, 2], [20 + x, 20, 6]);
  return registrationQuality({
    ...{ fixed: image, moving: image, transform, liver: boxMask([8, 8, 1], [30, 28, 7]) },
    region: { low: [4, 4, 0], high: [36, 32, 8] },
    masks: [
      {
        lesion: 'lesion-1',
        label: 1,
        fixed: mask(0),
        before: mask(masks[0]),
        after: mask(masks[1]),
      },
    ],
    ...{ method: 'affine', settings: resolveRegistration({ limits }), modality: 'CT' },
  });
}

describe('the record of a registration', () => {
  it('is silent where nothing is wrong', () => {
    const { warnings, jacobian, displacement, overlap } = quality(identityTransform, [2, 0]);
    expect(warnings).toEqual([]);
    expect(jacobian).toMatchObject({ folded: 0 });
    expect(jacobian.min).toBeCloseTo(1, 9);
    expect(jacobian.max).toBeCloseTo(1, 9);
    expect(displacement.max).toBe(0);
    // 8 of 10 columns lie in both.
    expect(overlap).toEqual([{ lesion: 'lesion-1', before: 0.8, after: 1 }]);
  });

  it('names folding, and how far', () => {
    const { warnings, jacobian } = quality(linear([-1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]));
    expect(jacobian.min).toBeCloseTo(-1, 9);
    expect(jacobian.folded).toBeGreaterThan(100);
    expect(warnings[0]).toMatch(/folds within the liver .*-1\.00/);
    expect(quality(linear([0.1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0])).warnings[0]).toMatch(
      /crushes/,
    );
  });

  it('names phases that became less alike, by how much', () => {
    // Two pixels: half of every block comes to lie on its neighbour.
    const { warnings, mutualInformation } = quality(shift(1.5));
    expect(mutualInformation.after).toBeLessThan(0.5 * mutualInformation.before);
    expect(warnings[0]).toMatch(/less alike than before .*\d\.\d{4} to \d\.\d{4}/);
  });

  it('names a lesion whose masks lie apart', () => {
    expect(quality(identityTransform, [0, 3]).warnings).toEqual([
      'lesion-1: the masks overlap less than before (Dice 1.00 to 0.70)',
    ]);
  });

  it('takes its limits from the settings', () => {
    const loose = { determinant: 0.05, volumeChange: 0.91, likenessFall: 1, overlapFall: 0.31 };
    const crushed = linear([0.1, 0, 0, 0, 1, 0, 0, 0, 1], [0, 0, 0]);
    expect(quality(crushed, [0, 3], loose).warnings).toEqual([]);
    expect(quality(crushed, [0, 3], { ...loose, determinant: 0.2 }).warnings).toHaveLength(1);
    expect(quality(crushed, [0, 3], { ...loose, overlapFall: 0.29 }).warnings).toHaveLength(1);
    expect(quality(shift(1.5), [0, 0], { likenessFall: 1 }).warnings).toEqual([]);
    const shrunk = linear([0.9, 0, 0, 0, 0.9, 0, 0, 0, 0.9], [0, 0, 0]);
    const { jacobian, warnings } = quality(shrunk, [0, 0], { likenessFall: 1 });
    expect(jacobian.mean).toBeCloseTo(0.9 ** 3, 9);
    expect(warnings).toEqual([expect.stringMatching(/volume of the liver changes by -27 %/)]);
    expect(quality(shrunk, [0, 0], { likenessFall: 1, volumeChange: 0.28 }).warnings).toEqual([]);
  });
});

describe('the checkerboard', () => {
  it('shows both phases in turn, before on the left and after on the right', () => {
    const constant = (value: number) => makeVolume(image, new Int16Array(40 * 36 * 8).fill(value));
    const png = checkerboard({
      ...{ fixed: constant(0), before: constant(100), after: constant(50) },
      region: { low: [0, 0, 0], high: [40, 36, 8] },
      ...{ centre: [20, 18, 4], window: [0, 100] },
    });
    const { width, height, at } = decoded(png);
    // Pixels of 0.75 mm: 40 columns twice with a gap of 8; 36 rows and 8 slices of 5 mm with a gap of 8.
    expect([width, height]).toEqual([88, 36 + 8 + Math.round(40 / 0.75)]);
    // Fields of 15 mm are 20 pixels.
    expect([at(5, 5), at(25, 5), at(5, 25), at(25, 25)]).toEqual([0, 255, 255, 0]);
    expect([at(48 + 5, 5), at(48 + 25, 5)]).toEqual([0, 128]);
    expect([at(5, 44 + 5), at(25, 44 + 5)]).toEqual([0, 255]);
  });
});

/** Grey values of a PNG. */
function decoded(bytes: Uint8Array) {
  const { PNG } = createRequire(import.meta.url)('pngjs') as {
    PNG: { sync: { read(png: Buffer): { width: number; height: number; data: Buffer } } };
  };
  const { width, height, data } = PNG.sync.read(Buffer.from(bytes));
  return { width, height, at: (x: number, y: number) => data[4 * (y * width + x)] };
}
