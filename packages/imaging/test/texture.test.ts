import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  greyCooccurrence,
  haralickFeatures,
  haralickNames,
  type PixelOffset,
  uniformLocalBinaryPattern,
} from '../src/index.js';
import { largestDifference } from './reference.js';

interface Reference {
  readonly rows: number;
  readonly columns: number;
  readonly levels: number;
  readonly image: number[];
  readonly mask: number[];
  readonly offsets: PixelOffset[];
  readonly counts: number[];
  readonly maskedCounts: number[];
  readonly haralick: number[][];
  readonly texture: number[];
  readonly patterns: Record<string, number[]>;
}

// Written by reference/texture.py with scikit-image 0.26.0.
const file = new URL('./reference/texture.json', import.meta.url);
const reference: Reference = JSON.parse(readFileSync(file, 'utf8'));
const { rows, columns, levels, offsets } = reference;
const size = [columns, rows] as const;
const image = Uint8Array.from(reference.image);
const everywhere = new Uint8Array(image.length).fill(1);

describe('greyCooccurrence', () => {
  it('counts as scikit-image', () => {
    const counts = greyCooccurrence(image, everywhere, size, levels, offsets);
    expect([...counts]).toEqual(reference.counts);
  });

  it('counts pairs within a mask only', () => {
    const mask = Uint8Array.from(reference.mask);
    const counts = greyCooccurrence(image, mask, size, levels, offsets);
    expect([...counts]).toEqual(reference.maskedCounts);
  });

  it('refuses what does not fit', () => {
    const count = (pixels: Uint8Array, grey: number, pairs = offsets) =>
      greyCooccurrence(pixels, everywhere, size, grey, pairs);
    expect(() => count(image.subarray(1), levels)).toThrow(/holds 220 values/);
    expect(() => count(image, levels - 1)).toThrow(/is not below 5/);
    expect(() => count(image, 1)).toThrow(/levels must be 2 to 256/);
    expect(() => count(image, levels, [])).toThrow(/offsets must be/);
  });
});

describe('haralickFeatures', () => {
  it('equal those of scikit-image and their formulas', () => {
    const counts = greyCooccurrence(image, everywhere, size, levels, offsets);
    const features = haralickFeatures(counts, levels);
    expect(largestDifference(features, reference.haralick.flat())).toBeLessThan(1e-11);
  });

  it('call equal pixels fully correlated, as scikit-image', () => {
    const [energy, contrast, correlation] = haralickFeatures(Uint32Array.of(0, 0, 0, 5), 2);
    expect([energy, contrast, correlation]).toEqual([1, 0, 1]);
    expect(haralickFeatures(Uint32Array.of(0, 0, 0, 5), 2)).toHaveLength(haralickNames.length);
  });

  it('refuse a matrix without counts', () => {
    expect(() => haralickFeatures(new Uint32Array(8), 2)).toThrow(/matrix 0 has no counts/);
  });
});

describe('uniformLocalBinaryPattern', () => {
  it.each(Object.keys(reference.patterns))('equals scikit-image for %s', (key) => {
    const [points, radius] = key.split(',').map(Number) as [number, number];
    const texture = Float32Array.from(reference.texture);
    const patterns = uniformLocalBinaryPattern(texture, size, points, radius);
    expect([...patterns]).toEqual(reference.patterns[key]);
  });

  it('refuses what does not fit', () => {
    const texture = new Float32Array(rows * columns);
    expect(() => uniformLocalBinaryPattern(texture, [3, 3], 8, 3)).toThrow(/holds 221 values/);
    expect(() => uniformLocalBinaryPattern(texture, size, 8, -1)).toThrow(/points, radius/);
    texture[5] = Number.NaN;
    expect(() => uniformLocalBinaryPattern(texture, size, 8, 3)).toThrow(/index 5/);
  });
});
