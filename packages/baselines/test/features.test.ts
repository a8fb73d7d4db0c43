import { readFileSync } from 'node:fs';
import type { LiverMeanSource } from '@flc-native/pipeline';
import { describe, expect, it } from 'vitest';
import { StandardScale } from '../src/core/standard-scale.js';
import { diamantBags, diamantSettings } from '../src/methods/diamant-2016.js';
import { lesionTexture } from '../src/methods/lesion-texture.js';
import { liverLevels, liverWarnings } from '../src/methods/liver-level.js';
import { roy2014 } from '../src/methods/roy-2014.js';
import { xu2018 } from '../src/methods/xu-2018.js';
import { mostInformative, mutualInformation } from '../src/words/mutual-information.js';
import { Vocabulary } from '../src/words/vocabulary.js';
import { makeSlice, quickSettings, toyCohort } from './toy-cohort.js';

// Written by reference/words.py with scikit-learn.
const file = new URL('./reference/words.json', import.meta.url);
const reference = JSON.parse(readFileSync(file, 'utf8'));

describe('mutual information', () => {
  it('equals scikit-learn', () => {
    expect(mutualInformation(reference.present, reference.classes)).toBeCloseTo(reference.bits, 12);
  });

  it('prefers words that tell the classes', () => {
    const classes = ['a', 'a', 'b', 'b'];
    const rows = [
      [1, 5, 0, 3],
      [1, 5, 9, 4],
      [1, 0, 0, 3],
      [1, 0, 9, 3],
    ].map((row) => Float64Array.from(row));
    expect(mostInformative(rows, classes, 1)).toEqual([1]);
    expect(mostInformative(rows, classes, 2)).toEqual([1, 3]);
  });
});

describe('StandardScale', () => {
  it('gives mean 0 and deviation 1, and 0 for what never varies', () => {
    const rows = [Float64Array.of(1, 7), Float64Array.of(3, 7)];
    const scale = StandardScale.learn(rows);
    expect(rows.map((row) => [...scale.apply(row)])).toEqual([
      [-1, 0],
      [1, 0],
    ]);
  });
});

describe('Vocabulary', () => {
  it('counts patches by their nearest word', async () => {
    const words = new Vocabulary(Float32Array.of(0, 0, 10, 10), 2);
    const counts = await words.count(Float32Array.of(1, 1, 9, 8, 6, 5, -3, 2));
    expect([...counts]).toEqual([2, 2]);
  });
});

describe('the features of Roy et al.', () => {
  it('hold density relative to the liver, and its change', async () => {
    const { context } = toyCohort({ train: 2, val: 1, test: 0 });
    const slice = makeSlice('fnh', 9, 'density');
    const plane = slice.mask.length;
    const outside = slice.mask.indexOf(0);
    for (const [phase, level] of [57, 150, 56].entries()) {
      slice.image.fill(level, phase * plane, (phase + 1) * plane);
      slice.image[phase * plane + outside] = 1000;
    }
    const unscaled = roy2014.load(
      { mean: new Array(40).fill(0), deviation: new Array(40).fill(1) },
      quickSettings('roy'),
      { all: [0, 1, 2], reference: 2 },
    );
    const { samples } = context.train[1] as (typeof context.train)[number];
    const { values, warnings } = await unscaled.describe({ id: 'x', slices: [slice], samples });
    expect(warnings).toEqual([]);
    expect(values).toHaveLength(40);
    // Eight numbers of each phase, then of each change.
    expect([0, 8, 16, 24, 32].map((at) => values[at])).toEqual([1, 2, 0.5, 1, -0.5]);
    // One grey level: all energy in one cell, no contrast, no entropy.
    expect([...values.subarray(1, 6)]).toEqual([1, 0, 1, 1, 0]);
    expect(context.train).toHaveLength(6);
  });

  describe('without a liver mask', () => {
    const ringed = () => {
      const slice = makeSlice('fnh', 21, 'ring');
      slice.liverMean.fill(-150);
      const plane = slice.mask.length;
      /** Fills a share of the surroundings, from the left. */
      const cover = (share: number, level: number) => {
        const columns = slice.shape[2];
        for (let at = 0; at < slice.image.length; at++)
          if (slice.mask[at % plane] === 0 && (at % columns) / columns < share)
            slice.image[at] = level;
      };
      return { slice, cover };
    };

    it.each([
      ['lung', -850],
      ['fat', -100],
      ['bone', 600],
    ])('relate it to the tissue round the lesion, not to %s', (_what, level) => {
      const { slice, cover } = ringed();
      cover(0.35, level);
      const found = liverLevels(slice, 'ring');
      expect(found.source).toBe('ring');
      // What the surroundings were drawn with, up to their noise.
      for (const [phase, liver] of [57, 75, 112].entries())
        expect(Math.abs((found.levels[phase] as number) - liver)).toBeLessThan(2);
    });

    it('say so', () => {
      const { slice, cover } = ringed();
      expect(Array.from(liverLevels(slice, 'liver').levels)).toEqual([-150, -150, -150]);
      cover(1, -850);
      expect(liverLevels(slice, 'ring').source).toBe('slice');
      const of = (source: LiverMeanSource, level = 90) => ({ source, levels: [90, level] });
      expect(liverWarnings([of('liver'), of('liver')])).toEqual([]);
      expect(liverWarnings([of('liver'), of('ring'), of('slice', 0)])).toEqual([
        expect.stringMatching(/tissue round the lesion, on 1 of 3/),
        expect.stringMatching(/no liver .* on 1 of 3/),
        expect.stringMatching(/dark as water .* on 1 of 3/),
      ]);
    });

    it('are 0 where the level of the liver means nothing', async () => {
      const { slice, cover } = ringed();
      cover(1, -850);
      const { context } = toyCohort({ train: 2, val: 1, test: 0 });
      const [lesion] = context.train;
      const samples = (lesion?.samples ?? []).map((one) => ({
        ...one,
        liverMeanSource: 'ring' as const,
      }));
      const unscaled = roy2014.load(
        { mean: new Array(40).fill(0), deviation: new Array(40).fill(1) },
        quickSettings('roy'),
        { all: [0, 1, 2], reference: 2 },
      );
      const { values, warnings } = await unscaled.describe({ id: 'x', slices: [slice], samples });
      expect([0, 8, 16].map((at) => values[at])).toEqual([0, 0, 0]);
      expect(warnings).toEqual([
        expect.stringMatching(/no liver/),
        expect.stringMatching(/dark as water/),
      ]);
    });
  });

  it('pool the slices of a lesion', () => {
    const slices = [makeSlice('hem', 9, 'one'), makeSlice('hem', 13, 'two')];
    const [one, two, both] = [slices.slice(0, 1), slices.slice(1), slices].map(
      (some) => lesionTexture(some, 1, 8)?.[1] as number,
    ) as [number, number, number];
    expect(both).toBeGreaterThan(Math.min(one, two));
    expect(both).toBeLessThan(Math.max(one, two));
  });
});

describe('the regions of Diamant et al.', () => {
  const layout = { all: [0, 1, 2], reference: 2 };
  const [interior, boundary] = diamantBags(layout, diamantSettings);

  it('are the eroded mask and a band round its edge', () => {
    const slice = makeSlice('fnh', 21, 'regions');
    const area = slice.mask.reduce((sum, value) => sum + value, 0);
    const inside = (interior?.patches(slice).corners.length ?? 0) / 2;
    const band = (boundary?.patches(slice).corners.length ?? 0) / 2;
    // A disc of diameter 21 less 2 pixels all round, and one with 5 pixels more without it.
    expect(inside / (Math.PI * 8.5 ** 2)).toBeCloseTo(1, 1);
    expect(band / (Math.PI * (15.5 ** 2 - 8.5 ** 2))).toBeCloseTo(1, 1);
    expect(inside).toBeLessThan(area);
    expect(interior?.patches(slice).warnings).toEqual([]);
  });

  it('take the whole mask of a small lesion as its interior, and say so', () => {
    const slice = makeSlice('fnh', 7, 'small');
    const area = slice.mask.reduce((sum, value) => sum + value, 0);
    const found = interior?.patches(slice);
    expect((found?.corners.length ?? 0) / 2).toBe(area);
    expect(found?.warnings).toEqual([expect.stringMatching(/the whole mask counts/)]);
  });
});

describe('the histograms of Xu et al. 2018', () => {
  it('count every patch of a lesion once, under the pattern at its middle', async () => {
    const { context, test } = toyCohort({ train: 4, val: 2, test: 1 });
    const fitted = await xu2018.fit(context, quickSettings('xu-2018'));
    const saved = JSON.parse(JSON.stringify(fitted));
    const layout = { all: [0, 1, 2], reference: 2 };
    const describer = xu2018.load(saved.describer, saved.settings, layout);
    const slices = await Promise.all(
      (test[0]?.samples ?? []).map((sample) => context.prepared.loadSample(sample)),
    );
    const { values } = await describer.describe({ id: 'x', slices, samples: [] });
    const total = slices.reduce((sum, slice) => {
      const [bag] = diamantBags(layout, { ...diamantSettings, leastInterior: 1e9 });
      return sum + (bag?.patches(slice).corners.length ?? 0) / 2;
    }, 0);
    const counted = values.reduce((sum, value) => sum + value, 0);
    // Patches whose 49 pixels lie in the mask to nine tenths are some of those round its pixels.
    expect(counted).toBeGreaterThan(10);
    expect(counted).toBeLessThan(total);
    expect([...values].every(Number.isInteger)).toBe(true);
  });
});
