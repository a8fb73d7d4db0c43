import { FlcError } from '@flc-native/errors';
import { describe, expect, it } from 'vitest';
import { pace, patchGrid } from '../src/patch/index.js';
import { randomStream } from '../src/random/index.js';

describe('pace', () => {
  it('follows Eq. 1', () => {
    // python: int((w*h/128)**0.5) if w*h > 128 else 1
    const table: [number, number, number][] = [
      [7, 7, 1],
      [16, 8, 1], // w h = eps is not above it
      [23, 23, 2], // 529/128 = 4.13
      [22, 23, 1], // 506/128 = 3.95
      [32, 16, 2], // exactly 4
      [48, 24, 3], // exactly 9
      [60, 60, 5],
      [100, 37, 5],
      [512, 512, 45],
    ];
    for (const [w, h, expected] of table) expect(pace(w, h)).toBe(expected);
    expect(pace(20, 20, 16)).toBe(5);
  });

  it('refuses an empty box', () => {
    expect(() => pace(0, 5)).toThrow(FlcError);
  });
});

/** The definition, pixel by pixel. */
function bruteForce(mask: Uint8Array, h: number, w: number, step: number, coverage: number) {
  const found: number[] = [];
  for (let r = 0; r + 7 <= h; r += step) {
    for (let c = 0; c + 7 <= w; c += step) {
      let count = 0;
      for (let i = 0; i < 7; i++)
        for (let j = 0; j < 7; j++) count += mask[(r + i) * w + c + j] ?? 0;
      if (count > 0 && count >= coverage * 49 - 1e-9) found.push(r, c);
    }
  }
  return found;
}

describe('patchGrid', () => {
  it('equals the brute-force definition on random blobs', () => {
    const random = randomStream(5, 'blobs');
    for (let trial = 0; trial < 60; trial++) {
      const h = 7 + random.int(30);
      const w = 7 + random.int(30);
      const mask = new Uint8Array(h * w);
      const radius = random.uniform(0.2, 1.3);
      for (let i = 0; i < h * w; i++) {
        const y = (2 * (Math.floor(i / w) + 0.5)) / h - 1;
        const x = (2 * ((i % w) + 0.5)) / w - 1;
        mask[i] = x * x + y * y < radius * radius && random.uniform() > 0.03 ? 1 : 0;
      }
      mask[Math.floor(h / 2) * w + Math.floor(w / 2)] = 1;
      const step = 1 + random.int(4);
      const grid = patchGrid(mask, h, w, step);
      let coverage = 0.9;
      let expected = bruteForce(mask, h, w, step, coverage);
      while (expected.length === 0 && coverage > 0) {
        coverage = Math.max(0, Math.round((coverage - 0.05) * 100) / 100);
        expected = bruteForce(mask, h, w, step, coverage);
      }
      if (expected.length === 0) expected = bruteForce(mask, h, w, 1, 0);
      else expect(grid.coverage).toBe(coverage);
      expect([...grid.patches].length).toBeGreaterThan(0);
      if (coverage > 0) expect([...grid.patches]).toEqual(expected);
      expect(grid.lowered).toBe(grid.coverage < 0.9);
    }
  });

  it('keeps a patch of 45 mask pixels and drops one of 44', () => {
    const mask = new Uint8Array(7 * 15).fill(1);
    for (let i = 0; i < 4; i++) mask[i * 15] = 0; // columns 0..6 hold 45
    for (let i = 0; i < 5; i++) mask[i * 15 + 14] = 0; // columns 8..14 hold 44
    const grid = patchGrid(mask, 7, 15, 8);
    expect([...grid.patches]).toEqual([0, 0]);
    expect(grid).toMatchObject({ coverage: 0.9, lowered: false });
  });

  it('lowers the threshold in steps for a lesion below a patch, and says so', () => {
    const mask = new Uint8Array(49);
    for (let i = 0; i < 30; i++) mask[i] = 1; // 30/49 = 0.612
    expect(patchGrid(mask, 7, 7, 1)).toEqual({
      patches: Int32Array.of(0, 0),
      coverage: 0.6,
      lowered: true,
    });
    const single = new Uint8Array(49);
    single[24] = 1;
    expect(patchGrid(single, 7, 7, 1)).toMatchObject({ coverage: 0, lowered: true });
  });

  it('falls back to pace 1 where the coarse grid misses the mask', () => {
    const mask = new Uint8Array(7 * 20);
    mask[19] = 1; // only columns 13.. reach it; the grid of pace 10 has columns 0 and 10
    const grid = patchGrid(mask, 7, 20, 10);
    expect([...grid.patches]).toEqual([0, 13]);
    expect(grid.lowered).toBe(true);
  });

  it('refuses an empty mask and a box below a patch', () => {
    expect(() => patchGrid(new Uint8Array(49), 7, 7, 1)).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
    expect(() => patchGrid(new Uint8Array(42).fill(1), 6, 7, 1)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
    expect(() => patchGrid(new Uint8Array(48).fill(1), 7, 7, 1)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });
});
