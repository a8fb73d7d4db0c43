import { FlcError } from '@flc-native/errors';
import { describe, expect, it } from 'vitest';
import { mapLesion, mapLesions } from '../src/label-maps.js';
import { patchesOf, roiOf } from '../src/patch-selection.js';
import { fakeNetwork } from './fake-network.js';
import { fullSlice } from './slices.js';

const options = { numClasses: 4, pace: 1, hasPatches: true };

describe('mapLesion', () => {
  it('puts the class of each patch at its centre pixel and counts them (Eq. 7-8)', async () => {
    // 8 x 10: patches at rows 0-1 and columns 0-3, centres at rows 3-4 and columns 3-6.
    const network = fakeNetwork(4, (_row, column) => (column < 3 ? 2 : 1));
    const { labelMaps, proportions, meanProbabilities } = await mapLesion(
      network,
      [fullSlice('a', 8, 10)],
      options,
    );
    const expected = new Int8Array(80).fill(-1);
    expected.set([2, 2, 2, 1], 33);
    expected.set([2, 2, 2, 1], 43);
    expect(labelMaps).toEqual([{ sampleId: 'a', h: 8, w: 10, data: expected }]);
    expect([...proportions]).toEqual([0, 0.25, 0.75, 0]);
    // 0.7 for the winner, 0.1 for each other.
    expect([...meanProbabilities].map((value) => Math.round(value * 100))).toEqual([
      10, 25, 55, 10,
    ]);
  });

  it('pools the slices of a lesion by their pixels', async () => {
    const network = fakeNetwork(4, (_row, _column, image) => (image[0] === 5 ? 3 : 0));
    const slices = [fullSlice('a', 8, 8, 5), fullSlice('b', 7, 7), fullSlice('c', 8, 14, 5)];
    const { proportions, labelMaps } = await mapLesion(network, slices, options);
    expect(labelMaps.map(({ sampleId }) => sampleId)).toEqual(['a', 'b', 'c']);
    // 4 + 16 patches of class 3, 1 of class 0.
    expect([...proportions]).toEqual([1 / 21, 0, 0, 20 / 21]);
  });

  it('asks for one prediction a slice without a local pathway', async () => {
    const network = fakeNetwork(4, (_row, _column, image) => image[0] ?? 0);
    const slices = [fullSlice('a', 20, 20, 3), fullSlice('b', 20, 20, 3), fullSlice('c', 9, 9, 1)];
    const mapped = await mapLesion(network, slices, { ...options, hasPatches: false });
    expect(network.requests.map(({ patches }) => [...patches])).toEqual([
      [0, 0, 0, 1, 0, 0, 2, 0, 0],
    ]);
    expect([...mapped.proportions]).toEqual([0, 1 / 3, 0, 2 / 3]);
    expect(mapped.labelMaps[0]?.data.every((label) => label === -1)).toBe(true);
  });

  it('stops when asked to', async () => {
    const network = fakeNetwork(4, () => 0);
    const signal = AbortSignal.abort();
    await expect(
      mapLesion(network, [fullSlice('a', 8, 8)], { ...options, signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(network.requests).toHaveLength(0);
  });

  it('says why it was stopped, though the network does not know', async () => {
    const controller = new AbortController();
    const network = {
      ...fakeNetwork(4, () => 0),
      predictPatches: async () => {
        controller.abort('enough');
        throw new FlcError('CANCELLED', 'stopped');
      },
    };
    await expect(
      mapLesion(network, [fullSlice('a', 8, 8)], { ...options, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED', cause: 'enough' });
  });
});

describe('mapLesions', () => {
  it('gives each lesion what it gets alone, in one request', async () => {
    const classAt = (row: number, column: number, image: Int16Array) =>
      (row + 2 * column + (image[0] ?? 0)) % 4;
    const lesions = [
      [fullSlice('a', 8, 10, 1), fullSlice('b', 9, 9, 2)],
      [fullSlice('c', 7, 7, 3)],
      [fullSlice('d', 12, 8)],
    ];
    const together = fakeNetwork(4, classAt);
    const mapped = await mapLesions(together, lesions, options);
    expect(together.requests).toHaveLength(1);
    const alone = await Promise.all(
      lesions.map((slices) => mapLesion(fakeNetwork(4, classAt), slices, options)),
    );
    expect(mapped).toEqual(alone);
  });

  it('says when memory held fewer patches than a batch, and what else was done otherwise', async () => {
    const network = fakeNetwork(4, () => 0);
    const small = {
      ...network,
      predictPatches: async (request: Parameters<typeof network.predictPatches>[0]) => ({
        ...(await network.predictPatches(request)),
        reducedTo: 4,
        notices: ['no graph: why'],
      }),
    };
    const notices: string[] = [];
    const onNotice = (message: string) => notices.push(message);
    await mapLesions(small, [[fullSlice('a', 8, 8)]], { ...options, onNotice });
    expect(notices).toEqual([
      'no graph: why',
      expect.stringContaining('4 patches at once instead of 16'),
    ]);
  });
});

describe('patches', () => {
  const roi = { mask: new Uint8Array(40 * 40).fill(1), h: 40, w: 40, coverage: 0.9 };

  it('lie on the pace of Eq. 1 in training: floor(sqrt(1600 / 128)) = 3', () => {
    const corners = patchesOf(roi, 'training');
    expect(corners).toHaveLength(2 * 12 * 12);
    expect([...new Set(corners)]).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33]);
  });

  it('lie on every pixel in a label map', () => {
    expect(patchesOf(roi, 1)).toHaveLength(2 * 34 * 34);
  });

  it('are relative to the ROI inside the margin', () => {
    const { input } = fullSlice('a', 8, 9);
    expect(roiOf(input)).toEqual({ mask: new Uint8Array(72).fill(1), h: 8, w: 9 });
  });
});
