import { describe, expect, it } from 'vitest';
import { classProportions, labelMapFromPredictions } from '../src/label-map/index.js';
import { patchGrid } from '../src/patch/index.js';

describe('labelMapFromPredictions', () => {
  it('labels the centre pixel of each patch', () => {
    const map = labelMapFromPredictions(8, 9, Int32Array.of(0, 0, 1, 2), Uint8Array.of(2, 3));
    const expected = new Int8Array(72).fill(-1);
    expected[3 * 9 + 3] = 2;
    expected[4 * 9 + 5] = 3;
    expect(map).toEqual({ h: 8, w: 9, data: expected });
  });

  it('labels every pixel at least 3 from the border of a full box at pace 1', () => {
    const { patches } = patchGrid(new Uint8Array(20 * 12).fill(1), 20, 12, 1);
    const map = labelMapFromPredictions(20, 12, patches, new Uint8Array(patches.length / 2));
    expect(map.data.filter((label) => label === 0)).toHaveLength(14 * 6);
  });

  it('refuses patches beyond the ROI and wrong lengths', () => {
    const code = expect.objectContaining({ code: 'INVALID_CONFIG' });
    expect(() => labelMapFromPredictions(8, 8, Int32Array.of(2, 0), Uint8Array.of(0))).toThrow(
      code,
    );
    expect(() => labelMapFromPredictions(8, 8, Int32Array.of(0, 0), Uint8Array.of(0, 1))).toThrow(
      code,
    );
  });
});

describe('classProportions', () => {
  const mapOf = (labels: number[]) => ({ h: 1, w: labels.length, data: Int8Array.from(labels) });

  it('is the share of each class among the labelled pixels (Eq. 7-8)', () => {
    expect([...classProportions([mapOf([-1, 0, 2, 2, 2, -1])], 4)]).toEqual([0.25, 0, 0.75, 0]);
  });

  it('pools the slices instead of averaging them', () => {
    const slices = [mapOf([1]), mapOf([0, 0, 0, 0, 0, 0, 0, -1])];
    expect([...classProportions(slices, 2)]).toEqual([7 / 8, 1 / 8]);
  });

  it('refuses maps without a label or with an unknown class', () => {
    expect(() => classProportions([mapOf([-1, -1])], 4)).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
    expect(() => classProportions([mapOf([4])], 4)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });
});
