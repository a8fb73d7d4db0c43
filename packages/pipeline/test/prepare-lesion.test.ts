import { describe, expect, it } from 'vitest';
import { type PrepareLesionInput, prepareLesion, type Vector3, type Volume } from '../src/index.js';
import { boundingBox, growBox } from '../src/prepare/bounding-box.js';
import { percentile } from '../src/prepare/intensity.js';
import { abdomen, boxMask, size, volumeOf } from './cohort.js';

const phases = [abdomen(0), abdomen(10), abdomen(20)];
const mask = boxMask([12, 10, 2], [24, 20, 6]);
const at = (volume: Volume, x: number, y: number, z: number) => {
  const [nx, ny] = volume.size;
  const clamp = (v: number, n: number) => Math.min(Math.max(v, 0), n - 1);
  return volume.data[(z * ny + clamp(y, ny)) * nx + clamp(x, nx)] as number;
};

function samplesOf(input: Partial<PrepareLesionInput>) {
  const { lesions, warnings } = prepareLesion({ phases, mask, ...input });
  return { samples: lesions.flatMap((lesion) => lesion.samples), lesions, warnings };
}

describe('a sample', () => {
  const [sample] = samplesOf({}).samples;
  if (sample === undefined) throw new Error('no sample');

  it('is the bounding rectangle of the largest slice with a margin of 16', () => {
    expect(sample).toMatchObject({
      slice: 2,
      box: [10, 12, 10, 12],
      shape: [3, 42, 44],
      margin: 16,
    });
    expect(sample.areaPixels).toBe(120);
    expect(sample.spacing).toEqual([0.75, 0.75, 5]);
    expect(sample.slicePositionMm).toBe(110);
  });

  it('holds HU of every phase at the same place, the edge value beyond the border', () => {
    const [, height, width] = sample.shape;
    for (const [p, volume] of phases.entries()) {
      for (let r = 0; r < height; r += 1) {
        for (let c = 0; c < width; c += 1) {
          const wanted = at(volume, 12 - 16 + c, 10 - 16 + r, 2);
          expect(sample.image[(p * height + r) * width + c]).toBe(wanted);
        }
      }
    }
  });

  it('has its mask at (m, m) and the window of each phase', () => {
    const [, , width] = sample.shape;
    expect(sample.mask.reduce((sum, v) => sum + v, 0)).toBe(120);
    expect(sample.mask[16 * width + 16]).toBe(1);
    expect(sample.mask[15 * width + 16]).toBe(0);
    expect([...sample.window]).toEqual([-70, 180, -70, 180, -70, 180]);
    expect(sample).toMatchObject({ coverage: 0.9, coverageLowered: false });
  });
});

describe('boxes', () => {
  it('grow to 7 around their middle', () => {
    expect(growBox({ row: 10, column: 10, h: 3, w: 4 }, 7, 40, 40)).toEqual({
      row: 8,
      column: 9,
      h: 7,
      w: 7,
    });
  });

  it('move inwards at the border', () => {
    expect(growBox({ row: 0, column: 38, h: 2, w: 2 }, 7, 40, 40)).toEqual({
      row: 0,
      column: 33,
      h: 7,
      w: 7,
    });
  });

  it('reach beyond a slice that is smaller than a patch', () => {
    expect(growBox({ row: 0, column: 1, h: 5, w: 2 }, 7, 4, 5)).toEqual({
      row: -1,
      column: -2,
      h: 7,
      w: 7,
    });
  });

  it('of nothing are nothing', () => {
    expect(boundingBox(new Uint8Array(12), 4, 3)).toBeUndefined();
  });

  it.each<[Vector3, Vector3]>([
    [
      [12, 10, 2],
      [15, 12, 3],
    ],
    [
      [0, 0, 0],
      [1, 1, 1],
    ],
    [
      [39, 35, 7],
      [40, 36, 8],
    ],
  ])('a lesion of a few voxels at %j is classified, with a lower threshold', (low, high) => {
    const { samples, warnings } = samplesOf({ mask: boxMask(low, high) });
    expect(samples[0]?.box.slice(2)).toEqual([7, 7]);
    expect(samples[0]?.coverageLowered).toBe(true);
    expect(samples[0]?.coverage).toBeLessThan(0.9);
    expect(warnings).toHaveLength(1);
  });
});

describe('slices', () => {
  // Areas 1 x 12 .. 4 x 12 and back: the largest is slice 4.
  const spindle = volumeOf(
    (x, y, z) => (x >= 10 && x < 22 && y >= 10 && y < 14 - Math.abs(z - 4) ? 1 : 0),
    Uint8Array,
  );
  it.each<[NonNullable<PrepareLesionInput['options']>['slices'], number[]]>([
    ['largest', [4]],
    ['all', [1, 2, 3, 4, 5, 6, 7]],
    [{ every: 2 }, [2, 4, 6]],
    [{ every: 3 }, [1, 4, 7]],
  ])('%j', (slices, wanted) => {
    const { samples } = samplesOf({ mask: spindle, options: { slices: slices ?? 'largest' } });
    expect(samples.map((sample) => sample.slice)).toEqual(wanted);
  });
});

describe('components', () => {
  const two = volumeOf((x, y, z) => {
    if (z === 7 && x === 39) return y < 3 ? 1 : 0; // a speck of 3 voxels
    return z > 1 && z < 5 && y > 9 && y < 20 && ((x > 5 && x < 14) || (x > 20 && x < 34)) ? 1 : 0;
  }, Uint8Array);

  it('split makes each part a lesion, largest first, without specks', () => {
    const { lesions, warnings } = samplesOf({ mask: two, components: 'split' });
    expect(lesions.map(({ key, voxels }) => [key, voxels])).toEqual([
      ['lesion-1.1', 13 * 10 * 3],
      ['lesion-1.2', 8 * 10 * 3],
    ]);
    expect(lesions[1]?.samples[0]?.box).toEqual([10, 6, 10, 8]);
    expect(warnings[0]).toContain('1 specks');
  });

  it('merge takes them as one', () => {
    const { lesions } = samplesOf({ mask: two, components: 'merge' });
    expect(lesions).toHaveLength(1);
    expect(lesions[0]?.samples[0]?.box).toEqual([10, 6, 10, 28]);
  });

  it('label chooses a value', () => {
    const values = volumeOf((x, y, z) => (z === 3 && y < 12 ? (x < 20 ? 1 : 2) : 0), Uint8Array);
    expect(samplesOf({ mask: values, label: 2 }).samples[0]?.box).toEqual([0, 20, 12, 20]);
    expect(() => samplesOf({ mask: values, label: 3 })).toThrowError(
      expect.objectContaining({ code: 'DATA_ERROR', details: { label: 3 } }),
    );
  });
});

describe('liver mean', () => {
  const flat = [50, 60, 70].map((hu) => volumeOf((x) => (x < 20 ? hu : hu + 100)));

  it('is taken over the liver mask without the lesion', () => {
    const lesion = boxMask([12, 10, 2], [24, 20, 6]);
    const liver = boxMask([0, 0, 0], [20, 36, 8]);
    const [sample] = samplesOf({ phases: flat, mask: lesion, liver }).samples;
    expect(sample?.liverMeanSource).toBe('liver');
    expect([...(sample?.liverMean ?? [])]).toEqual([50, 60, 70]);
  });

  it('else over a ring of 5 to 15 pixels: distance transform, pixel by pixel', () => {
    const noisy = [0, 1, 2].map((p) => volumeOf((x, y) => ((x * 31 + y * 17 + p) % 97) - 20));
    const [sample] = samplesOf({ phases: noisy }).samples;
    let [sum, count] = [0, 0];
    for (let y = 0; y < size[1]; y += 1) {
      for (let x = 0; x < size[0]; x += 1) {
        const dx = Math.max(12 - x, 0, x - 23);
        const dy = Math.max(10 - y, 0, y - 19);
        const distance = Math.hypot(dx, dy);
        if (distance > 5 && distance <= 15)
          [sum, count] = [sum + at(noisy[1] as Volume, x, y, 2), count + 1];
      }
    }
    expect(sample?.liverMeanSource).toBe('ring');
    expect(sample?.liverMean[1]).toBeCloseTo(sum / count, 4);
  });
});

describe('geometry', () => {
  it('refuses a phase or mask on another grid', () => {
    const other = { ...abdomen(1), spacing: [0.9, 0.9, 5] } as Volume;
    for (const input of [
      { phases: [phases[0], other, phases[2]] },
      { mask: { ...mask, spacing: other.spacing } },
    ]) {
      expect(() => samplesOf(input as Partial<PrepareLesionInput>)).toThrowError(
        expect.objectContaining({ code: 'GEOMETRY_MISMATCH' }),
      );
    }
  });

  it('refuses NaN and an empty mask', () => {
    const nan = volumeOf((x) => (x === 3 ? Number.NaN : 1), Float32Array);
    expect(() => samplesOf({ phases: [nan, nan, nan] })).toThrowError(
      expect.objectContaining({ code: 'DATA_ERROR', message: expect.stringContaining('NaN') }),
    );
    expect(() => samplesOf({ mask: volumeOf(() => 0, Uint8Array) })).toThrowError(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
  });

  it('takes an origin that is a few mm off as the same grid, with a warning', () => {
    const { samples, warnings } = samplesOf({ mask: { ...mask, origin: [-13, -20, 100] } });
    expect(samples[0]?.box).toEqual([10, 12, 10, 12]);
    expect(warnings[0]).toContain('2.0 mm off');
  });

  it('gives the same samples from a volume that is stored in another order', () => {
    const stored = (volume: Volume): Volume => {
      const [nx, ny, nz] = volume.size;
      const data = volume.data.slice().reverse() as Int16Array;
      const corner = [nx - 1, ny - 1, nz - 1].map(
        (n, i) => (volume.origin[i] as number) + n * (volume.spacing[i] as number),
      );
      return {
        ...volume,
        data,
        origin: corner as unknown as Vector3,
        direction: [-1, 0, 0, 0, -1, 0, 0, 0, -1],
      };
    };
    const { samples } = samplesOf({ phases: phases.map(stored), mask: stored(mask) });
    expect(samples).toEqual(samplesOf({}).samples);
  });
});

describe('alignment by centroid', () => {
  const shift: Vector3 = [4, -3, 1];
  const moved = abdomen(10, shift);
  const movedMask = boxMask([16, 7, 3], [28, 17, 7]);
  const input = {
    phases: [phases[0], moved, phases[2]] as Volume[],
    options: { align: 'centroid' } as const,
  };

  it('moves a phase by the difference of the centres, in whole voxels', () => {
    const { samples } = samplesOf({ ...input, phaseMasks: [undefined, movedMask, mask] });
    expect(samples[0]?.phaseShifts).toEqual([
      [0, 0, 0],
      [4, -3, 1],
      [0, 0, 0],
    ]);
    const still = samplesOf({}).samples;
    // Away from the air columns, which do not move along in the test image.
    const [, height, width] = samples[0]?.shape ?? [0, 0, 0];
    for (let r = 16; r < height - 16; r += 1) {
      for (let c = 16; c < width - 16; c += 1) {
        const i = (height + r) * width + c;
        expect(samples[0]?.image[i]).toBe(still[0]?.image[i]);
      }
    }
    expect(samples[0]?.image).not.toEqual(samplesOf({ ...input, options: {} }).samples[0]?.image);
  });

  it('keeps the masks of the phases, moved along', () => {
    const [sample] = samplesOf({ ...input, phaseMasks: [undefined, movedMask, mask] }).samples;
    const plane = sample?.mask.length ?? 0;
    expect(sample?.phaseMasks?.subarray(plane, 2 * plane)).toEqual(sample?.mask);
  });

  it('takes a phase on a grid of its own', () => {
    // The phase in twice the pixels of half the size, cropped and moved in the world.
    const fine = volumeOf(
      (x, y, z) => 40 + Math.floor(x / 2) + 3 * Math.floor(y / 2) + z,
      Int16Array,
      {
        size: [80, 72, 9],
        spacing: [0.375, 0.375, 5],
        origin: [200, 0, -300],
      },
    );
    const fineMask = volumeOf(
      (x, y, z) => (x >= 24 && x < 48 && y >= 20 && y < 40 && z >= 3 && z < 7 ? 1 : 0),
      Uint8Array,
      { size: [80, 72, 9], spacing: [0.375, 0.375, 5], origin: [200, 0, -300] },
    );
    const { samples } = samplesOf({
      phases: [phases[0], fine, phases[2]] as Volume[],
      phaseMasks: [undefined, fineMask, mask],
      options: { align: 'centroid' },
    });
    const [, height, width] = samples[0]?.shape ?? [0, 0, 0];
    // Half as many pixels again: (24 .. 48) / 2 lies at 12 .. 24, and slice 2 becomes slice 3.
    expect(samples[0]?.image[(height + 16) * width + 16]).toBe(40 + 12 + 3 * 10 + 3);
    expect(samples[0]?.image[(height + 20) * width + 25]).toBe(40 + 21 + 3 * 14 + 3);
  });

  it('says so where there is nothing to align by, and still asks for one grid', () => {
    expect(samplesOf({ options: { align: 'centroid' } }).warnings[0]).toContain('not moved');
    const elsewhere = { ...abdomen(10), origin: [50, 0, 0] } as Volume;
    expect(() =>
      samplesOf({ ...input, phases: [phases[0], elsewhere, phases[2]] as Volume[] }),
    ).toThrowError(expect.objectContaining({ code: 'GEOMETRY_MISMATCH' }));
  });
});

describe('volumes that somebody else made', () => {
  it.each<[string, Partial<PrepareLesionInput>, RegExp]>([
    ['a short mask', { mask: { ...mask, data: mask.data.slice(0, 5) } }, /^mask: .*fit the size/],
    ['a mask of a plain array', { mask: { ...mask, data: [...mask.data] as never } }, /^mask: /],
    ['no mask', { mask: undefined as never }, /mask has no voxels/],
    [
      'a long phase',
      { phases: [abdomen(0), { ...abdomen(1), data: new Int16Array(20_000) }, abdomen(2)] },
      /^phase 1: .*fit the size/,
    ],
    ['a missing phase', { phases: [abdomen(0), undefined as never, abdomen(2)] }, /phase 1 has no/],
    ['no spacing', { liver: { ...mask, spacing: undefined as never } }, /liver mask has no/],
  ])('are refused: %s', (_, input, message) => {
    expect(() => samplesOf(input)).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR', message: expect.stringMatching(message) }),
    );
  });
});

describe('resampling in the plane', () => {
  it('brings slices to a spacing; areas and boxes follow', () => {
    const ramp = [0, 1, 2].map(() => volumeOf((x, y) => 10 * x + y));
    const [sample] = samplesOf({ phases: ramp, options: { inPlaneSpacing: 0.375 } }).samples;
    expect(sample?.spacing).toEqual([0.375, 0.375, 5]);
    expect(sample?.box).toEqual([20, 24, 20, 24]);
    expect(sample?.areaPixels).toBe(480);
    // Half-pixel centres: column 24 of the new grid lies at 24.5 / 2 - 0.5 = 11.75 of the old one.
    const width = sample?.shape[2] ?? 0;
    expect(sample?.image[16 * width + 16]).toBe(Math.round(10 * 11.75 + 9.75));
  });

  it('does not lose a lesion that is thinner than a new pixel', () => {
    const thin = boxMask([20, 10, 2], [21, 11, 3]);
    expect(samplesOf({ mask: thin, options: { inPlaneSpacing: 3 } }).samples[0]?.areaPixels).toBe(
      1,
    );
  });
});

describe('intensities', () => {
  it('percentiles are those of numpy', () => {
    // numpy.percentile([1, 3, 4, 9, 20], [0, 10, 37.5, 99.5, 100]) -> 1, 1.8, 3.5, 19.78, 20
    const sorted = Float64Array.of(1, 3, 4, 9, 20);
    const got = [0, 10, 37.5, 99.5, 100].map((p) => percentile(sorted, p));
    [1, 1.8, 3.5, 19.78, 20].forEach((v, i) => {
      expect(got[i]).toBeCloseTo(v, 12);
    });
  });

  it('MR has a window for each phase, whole numbers stay', () => {
    const mr = [1, 2, 3].map((k) => volumeOf((x, y) => k * (x * 36 + y)));
    const [sample] = samplesOf({ phases: mr, intensity: { percentile: [0, 100] } }).samples;
    expect([...(sample?.window ?? [])]).toEqual([0, 1439, 0, 2878, 0, 4317]);
    expect(sample?.image[0]).toBe(0);
  });

  it('MR in fractions is scaled so that rounding loses nothing', () => {
    const mr = [1, 2, 3].map((k) => volumeOf((x, y) => (k * (x * 36 + y)) / 1e4, Float32Array));
    const [sample] = samplesOf({ phases: mr, intensity: { percentile: [0, 100] } }).samples;
    expect([...(sample?.window ?? [])]).toEqual([0, 4095, 0, 4095, 0, 4095]);
    const width = sample?.shape[2] ?? 0;
    expect(sample?.image[16 * width + 16]).toBe(Math.round(((12 * 36 + 10) / 1439) * 4095));
  });

  it.each<[string, new (n: number) => Float32Array | Float64Array | Int32Array]>([
    ['float32', Float32Array],
    ['float64', Float64Array],
    ['int32', Int32Array],
  ])('HU in %s are rounded and kept within int16', (_, array) => {
    const hu = [0, 1, 2].map(() => volumeOf((x, y) => (y === 10 && x === 12 ? 1e6 : -20.4), array));
    const [sample] = samplesOf({ phases: hu }).samples;
    const width = sample?.shape[2] ?? 0;
    expect(sample?.image[16 * width + 16]).toBe(32767);
    expect(sample?.image[0]).toBe(-20);
  });
});

it('takes any number of phases and refuses wrong options', () => {
  expect(samplesOf({ phases: [phases[2] as Volume] }).samples[0]?.shape[0]).toBe(1);
  const four = [...phases, abdomen(30)];
  expect(samplesOf({ phases: four, reference: 2 }).samples[0]?.shape[0]).toBe(4);
  expect(() => samplesOf({ reference: 7 })).toThrowError(
    expect.objectContaining({ code: 'INVALID_CONFIG' }),
  );
  expect(() => samplesOf({ options: { slice: 'all' } as never })).toThrowError(
    expect.objectContaining({ message: expect.stringContaining('did you mean "slices"') }),
  );
});
