import { FlcError } from '@flc-native/errors';
import { describe, expect, it } from 'vitest';
import { callBinding } from '../src/binding.js';
import {
  connectedComponents,
  gaussianFilter,
  resampleSlice,
  resampleVolume,
  type Size,
  warpVolume,
} from '../src/index.js';
import { size, volume } from './reference.js';

const field = new Float32Array(180);
const mask = new Uint8Array(60);

function errorOf(call: () => unknown): FlcError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof FlcError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

describe('a wrong length', () => {
  const calls: [string, () => unknown, object][] = [
    [
      'data of gaussianFilter',
      () => gaussianFilter(volume.subarray(1), size, [1, 1, 1]),
      { expected: '60', got: '59' },
    ],
    [
      'data of warpVolume',
      () => warpVolume(volume.subarray(1), size, field, 'linear', 0),
      { what: 'data' },
    ],
    [
      'field',
      () => warpVolume(volume, size, field.subarray(3), 'linear', 0),
      { what: 'field', expected: '180', got: '177' },
    ],
    [
      'data of resampleVolume',
      () => resampleVolume(volume, [5, 4, 4], size, 'linear'),
      { expected: '80' },
    ],
    [
      'data of resampleSlice',
      () => resampleSlice(volume, [5, 4], [2, 2], 'linear'),
      { expected: '20' },
    ],
    [
      'mask',
      () => connectedComponents(mask, [1, 1, 1], 6),
      { what: 'mask', expected: '1', got: '60' },
    ],
  ];
  it.each(calls)('of %s is DATA_ERROR', (_, call, details) => {
    const error = errorOf(call);
    expect(error.code).toBe('DATA_ERROR');
    expect(error.details).toMatchObject(details);
  });
});

describe('a field that is not finite', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY])('%d is DATA_ERROR', (value) => {
    const broken = Float32Array.from(field);
    broken[100] = value;
    const error = errorOf(() => warpVolume(volume, size, broken, 'linear', 0));
    expect(error.code).toBe('DATA_ERROR');
    expect(error.message).toContain('index 100');
  });
});

describe('a parameter out of range is INVALID_CONFIG', () => {
  const badSizes: Size[] = [
    [-5, 4, 3],
    [5, 0, 3],
    [5, 4, 2.5],
    [Number.NaN, 4, 3],
    [2 ** 20, 2 ** 20, 2 ** 20],
    [60, 1] as unknown as Size,
  ];
  it.each(badSizes)('size %d %d %d', (...bad) => {
    for (const call of [
      () => gaussianFilter(volume, bad, [1, 1, 1]),
      () => warpVolume(volume, bad, field, 'linear', 0),
      () => resampleVolume(volume, bad, size, 'linear'),
      () => resampleVolume(volume, size, bad, 'linear'),
      () => connectedComponents(mask, bad, 6),
    ]) {
      expect(errorOf(call).code).toBe('INVALID_CONFIG');
    }
  });

  it.each([Number.NaN, -0.1, Number.POSITIVE_INFINITY, 5000])('sigma %d', (sigma) => {
    const error = errorOf(() => gaussianFilter(volume, size, [1, sigma, 1]));
    expect(error.code).toBe('INVALID_CONFIG');
    expect(error.details).toMatchObject({ what: 'sigmaVoxels' });
  });

  it('fill, connectivity, interpolation', () => {
    const calls = [
      () => warpVolume(volume, size, field, 'linear', Number.NaN),
      () => connectedComponents(mask, size, 4 as 6),
      () => resampleVolume(volume, size, size, 'cubic' as 'linear'),
      () => gaussianFilter('volume' as unknown as Float32Array, size, [1, 1, 1]),
      () => gaussianFilter(new Float64Array(60) as unknown as Float32Array, size, [1, 1, 1]),
    ];
    for (const call of calls) expect(errorOf(call).code).toBe('INVALID_CONFIG');
  });
});

describe('a panic', () => {
  it('arrives as INTERNAL and the addon works on', () => {
    const error = errorOf(() => callBinding((binding) => binding.provokePanic()));
    expect(error.code).toBe('INTERNAL');
    expect(error.message).toContain('provoked');
    expect(gaussianFilter(volume, size, [0, 0, 0])).toEqual(volume);
  });
});
