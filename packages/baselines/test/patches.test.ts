import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { LearningContext } from '../src/core/describer.js';
import { lesionReader } from '../src/core/lesion-pixels.js';
import { cutPatches } from '../src/patches/cut-patches.js';
import { drawPatches } from '../src/patches/draw-patches.js';
import { dilate, erode } from '../src/patches/morphology.js';
import { maskPatches, patchesAround } from '../src/patches/slice-patches.js';
import { makeSlice, toyCohort } from './toy-cohort.js';

// Written by reference/words.py with scipy.
const file = new URL('./reference/words.json', import.meta.url);
const reference = JSON.parse(readFileSync(file, 'utf8'));

describe('erode and dilate', () => {
  const mask = Uint8Array.from(reference.mask);
  const size = [reference.columns, reference.rows] as const;

  it('equal scipy with a disc', () => {
    expect([...erode(mask, size, 5)]).toEqual(reference.eroded);
    expect([...dilate(mask, size, 10)]).toEqual(reference.dilated);
  });
});

describe('cutPatches', () => {
  const slice = makeSlice('fnh', 9, 'cut');
  const width = slice.shape[2];

  it('takes rows of one phase after the other', () => {
    const corners = Int32Array.of(1, 2, -16, -16);
    const patches = cutPatches(slice, corners, { phases: [2, 0], windowed: false });
    expect(patches).toHaveLength(2 * 2 * 49);
    const pixel = (phase: number, row: number, column: number) =>
      slice.image[phase * width * width + (row + 16) * width + column + 16];
    expect(patches[0]).toBe(pixel(2, 1, 2));
    expect(patches[7 * 4 + 5]).toBe(pixel(2, 5, 7));
    expect(patches[49 + 48]).toBe(pixel(0, 7, 8));
    expect(patches[98]).toBe(pixel(2, -16, -16));
  });

  it('cuts to the window and blanks what lies outside of the mask', () => {
    slice.image[0] = 900;
    const corner = Int32Array.of(-16, -16);
    const content = { phases: [0], windowed: true };
    expect(cutPatches(slice, corner, content)[0]).toBe(180);
    expect([...cutPatches(slice, corner, { ...content, outside: 0 })]).toEqual(Array(49).fill(0));
  });

  it('refuses a patch beyond the slice', () => {
    const corners = Int32Array.of(-17, 0);
    expect(() => cutPatches(slice, corners, { phases: [0], windowed: false })).toThrow(/leaves/);
  });
});

describe('patchesAround', () => {
  it('puts the pixel in the middle', () => {
    const slice = makeSlice('cyst', 7, 'around');
    const region = new Uint8Array(slice.mask.length);
    region[20 * slice.shape[2] + 18] = 1;
    // Too near to the border for a patch.
    region[2] = 1;
    expect([...patchesAround(slice, region)]).toEqual([20 - 3 - 16, 18 - 3 - 16]);
  });
});

describe('drawPatches', () => {
  const { context } = toyCohort();
  const learning: LearningContext = {
    method: 'yang',
    lesions: context.train,
    read: lesionReader(context.prepared),
    layout: { all: [0, 1, 2], reference: 2 },
    seed: 1,
    threads: 1,
    signal: undefined,
    progress: () => undefined,
  };
  // A patch that names itself: its lesion's first pixels, and its corner.
  const options = {
    stream: 'test',
    perClass: 40,
    corners: (slice: Parameters<typeof maskPatches>[0]) => maskPatches(slice, 0.9).corners,
    contents: [
      { phases: [0], windowed: false },
      { phases: [0, 1, 2], windowed: false },
    ],
  };

  it('takes the same number of each class, each patch once, alike for all contents', async () => {
    const [one, three] = (await drawPatches(learning, options)) as [Float32Array, Float32Array];
    expect(one).toHaveLength(3 * 40 * 49);
    const names = new Set<string>();
    for (let patch = 0; patch < 120; patch += 1) {
      const values = one.subarray(patch * 49, (patch + 1) * 49);
      expect([...three.subarray(patch * 147, patch * 147 + 49)]).toEqual([...values]);
      names.add(values.join());
      const mean = values.reduce((sum, v) => sum + v, 0) / 49;
      // Class by class: cysts are the dark ones.
      expect(mean < 27).toBe(patch < 40);
    }
    expect(names.size).toBe(120);
  });

  it('takes all where there are fewer, and repeats with its seed alone', async () => {
    const all = await drawPatches(learning, { ...options, perClass: 1e6 });
    const total = async () => {
      let count = 0;
      for (const lesion of context.train) {
        for (const slice of (await learning.read(lesion)).slices) {
          count += options.corners(slice).length / 2;
        }
      }
      return count;
    };
    expect(all[0]).toHaveLength((await total()) * 49);
    const [first] = await drawPatches(learning, options);
    expect((await drawPatches(learning, options))[0]).toEqual(first);
    expect((await drawPatches({ ...learning, seed: 2 }, options))[0]).not.toEqual(first);
  });

  it('says when there is nothing to draw', async () => {
    const corners = () => new Int32Array();
    await expect(drawPatches(learning, { ...options, corners })).rejects.toMatchObject({
      code: 'DATA_ERROR',
    });
  });
});
