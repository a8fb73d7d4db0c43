import { describe, expect, it } from 'vitest';
import {
  connectedComponents,
  gaussianFilter,
  resampleSlice,
  resampleVolume,
  warpVolume,
} from '../src/index.js';
import { largestDifference, size, volume } from './reference.js';

// All values by every voxel are checked in crates/imaging/tests; these hold the order of arguments and axes.
describe('gaussianFilter', () => {
  it('takes sigma as x, y, z', () => {
    // ndi.gaussian_filter(v, (0.5, 0.8, 1.2), mode='nearest', truncate=4.0).ravel()[[0, 1, 19, 20, 59]], scipy 1.17.1
    const expected = [-21.190624237, -12.242861748, 16.757732391, -11.325066566, 6.479704857];
    const got = gaussianFilter(volume, size, [1.2, 0.8, 0.5]);
    const picked = [0, 1, 19, 20, 59].map((index) => got[index] as number);
    expect(largestDifference(picked, expected)).toBeLessThan(1e-5);
    expect(got).toHaveLength(60);
  });

  it('leaves its input alone', () => {
    const data = Float32Array.from(volume);
    gaussianFilter(data, size, [2, 2, 2]);
    expect(data).toEqual(volume);
  });
});

describe('warpVolume', () => {
  it('takes the field as planes of x, y, z', () => {
    const field = new Float32Array(180);
    field.fill(1, 0, 60);
    field.fill(2, 60, 120);
    field.fill(-1, 120, 180);
    // out(0, 0, 1) = in(1, 2, 0)
    const moved = warpVolume(volume, size, field, 'nearest', -1000);
    expect(moved[20]).toBe(volume[11]);
    expect(moved[0]).toBe(-1000);
  });

  it('mixes neighbours or picks one', () => {
    const line = Float32Array.of(0, 10, 20);
    const field = Float32Array.of(0.25, 0.25, 0.25, 0, 0, 0, 0, 0, 0);
    expect(Array.from(warpVolume(line, [3, 1, 1], field, 'linear', 0))).toEqual([2.5, 12.5, 20]);
    expect(Array.from(warpVolume(line, [3, 1, 1], field, 'nearest', 0))).toEqual([0, 10, 20]);
  });
});

describe('resampleVolume and resampleSlice', () => {
  it('equals scikit-image', () => {
    // skimage.transform.resize(v, (4, 3, 7), order=1, mode='edge', anti_aliasing=False, preserve_range=True), 0.26.0
    const expected = [-36, -24.476190567, 21.166666031, -12.523809433, 14.833333015];
    const got = resampleVolume(volume, size, [7, 3, 4], 'linear');
    const picked = [0, 1, 3, 4, 83].map((index) => got[index] as number);
    expect(largestDifference(picked, expected)).toBeLessThan(1e-5);
  });

  it('takes a slice as columns and rows', () => {
    const slice = Float32Array.of(0, 1, 2, 10, 11, 12);
    expect(Array.from(resampleSlice(slice, [3, 2], [3, 1], 'linear'))).toEqual([5, 6, 7]);
    expect(Array.from(resampleSlice(slice, [3, 2], [1, 2], 'nearest'))).toEqual([1, 11]);
  });
});

describe('connectedComponents', () => {
  it('numbers parts by first appearance and counts them', () => {
    // Two voxels that share an edge, one apart.
    const mask = Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 255);
    expect(connectedComponents(mask, [3, 3, 1], 6)).toEqual({
      labels: Int32Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3),
      count: 3,
      sizes: Int32Array.of(1, 1, 1),
    });
    expect(connectedComponents(mask, [3, 3, 1], 18).sizes).toEqual(Int32Array.of(3));
  });

  it('finds nothing in an empty mask', () => {
    const { count, sizes } = connectedComponents(new Uint8Array(8), [2, 2, 2], 26);
    expect(count).toBe(0);
    expect(sizes).toHaveLength(0);
  });
});
