import { formatGreyPng } from '@flc-native/pipeline';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { classColors, type Rgb, textColorOn, toHex } from '../src/pictures/colors.js';
import { labelMapPace } from '../src/pictures/label-map-pace.js';
import { fileName } from '../src/pictures/lesion-images.js';
import { lesionPicture } from '../src/pictures/lesion-picture.js';
import { maskOutline } from '../src/pictures/outline.js';
import { formatPng } from '../src/pictures/png.js';
import { overlay, phaseGrey, type SampleImage } from '../src/pictures/sample-image.js';
import { classes } from './predictions.js';

/** 2 phases, ROI of 2 x 3 with a margin of 1: 4 x 5 pixels. */
function sample(): SampleImage {
  const image = new Int16Array(2 * 4 * 5).fill(-1000);
  image.set([-70, 55, 180, 3000], 0);
  const mask = new Uint8Array(20);
  for (const at of [6, 7, 8, 11, 12, 13]) mask[at] = 1;
  return {
    image,
    mask,
    shape: [2, 4, 5],
    margin: 1,
    window: Float32Array.from([-70, 180, -70, 180]),
  };
}

const labelMap = { sampleId: 's', h: 2, w: 3, data: Int8Array.from([0, 1, 2, 3, -1, -1]) };

describe('grey values', () => {
  it('maps the window to 0..255 and clips', () => {
    expect([...phaseGrey(sample(), 0).subarray(0, 5)]).toEqual([0, 128, 255, 255, 0]);
  });

  it('survives PNG', () => {
    const grey = phaseGrey(sample(), 0);
    const read = PNG.sync.read(Buffer.from(formatGreyPng(grey, 5, 4)));
    expect([read.width, read.height]).toEqual([5, 4]);
    grey.forEach((value, i) => {
      expect([...read.data.subarray(4 * i, 4 * i + 4)]).toEqual([value, value, value, 255]);
    });
  });
});

describe('label map', () => {
  const colors = classColors(classes);

  it('tells its pace from the labelled pixels and colours the squares between them', () => {
    const data = new Int8Array(9 * 12).fill(-1);
    for (const row of [1, 4, 7]) for (const column of [2, 5, 11]) data[row * 12 + column] = 2;
    const map = { sampleId: 's', h: 9, w: 12, data };
    expect(labelMapPace(map)).toBe(3);
    const shape = [1, 11, 14] as const;
    const image = new Int16Array(11 * 14).fill(-1000);
    const mask = new Uint8Array(11 * 14);
    const large = { image, mask, shape, margin: 1, window: Float32Array.from([-70, 180]) };
    const raster = overlay(large, 0, map, colors);
    let painted = 0;
    for (let i = 0; i < raster.data.length; i += 3)
      if (raster.data[i] === colors[2]?.[0]) painted++;
    expect(painted).toBe(9 * 9);
    data[3 * 12 + 3] = 0;
    expect(labelMapPace(map)).toBe(1);
    expect(labelMapPace({ ...map, data: new Int8Array(108).fill(-1) })).toBe(1);
  });

  it('puts the classes at the ROI and leaves the image elsewhere', () => {
    const raster = overlay(sample(), 0, labelMap, colors);
    const pixel = (row: number, column: number) =>
      [
        ...raster.data.subarray((row * 5 + column) * 3, (row * 5 + column) * 3 + 3),
      ] as unknown as Rgb;
    expect(pixel(1, 1)).toEqual(colors[0]);
    expect(pixel(1, 3)).toEqual(colors[2]);
    expect(pixel(2, 1)).toEqual(colors[3]);
    expect(pixel(2, 2)).toEqual([0, 0, 0]);
    expect(pixel(0, 2)).toEqual([255, 255, 255]);
  });

  it.each([
    ['another size', { ...labelMap, h: 3 }],
    ['a class without colour', { ...labelMap, data: Int8Array.from([9, 0, 0, 0, 0, 0]) }],
  ])('refuses %s', (_, map) => {
    expect(() => overlay(sample(), 0, map, colors)).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
  });
});

describe('outline', () => {
  it('surrounds a rectangle by its four sides', () => {
    const segments = maskOutline(sample().mask, 4, 5);
    expect(segments).toEqual([
      { x1: 1, y1: 1, x2: 4, y2: 1 },
      { x1: 1, y1: 3, x2: 4, y2: 3 },
      { x1: 1, y1: 1, x2: 1, y2: 3 },
      { x1: 4, y1: 1, x2: 4, y2: 3 },
    ]);
  });

  it('closes a mask that touches the border, and has the length of the border between in and out', () => {
    const mask = Uint8Array.from([1, 0, 1, 1, 1, 0]);
    const length = maskOutline(mask, 2, 3).reduce(
      (sum, s) => sum + Math.abs(s.x2 - s.x1) + Math.abs(s.y2 - s.y1),
      0,
    );
    expect(length).toBe(12);
  });
});

describe('the composed picture', () => {
  const picture = lesionPicture({
    sample: sample(),
    phases: ['NC', 'PV'],
    classes,
    labelMap,
    proportions: [0.25, 0.25, 0.25, 0.25],
    caption: 'truth: hcc   decision: hem',
  });
  const read = PNG.sync.read(Buffer.from(formatPng(picture)));
  const count = (color: Rgb) => {
    let n = 0;
    for (let i = 0; i < read.width * read.height; i++) {
      if (color.every((part, c) => read.data[4 * i + c] === part)) n++;
    }
    return n;
  };

  it('holds two phases and the label map, enlarged by whole pixels', () => {
    // 5 columns at the largest whole scale within 288 pixels: 57.
    expect(read.width).toBeGreaterThanOrEqual(3 * 5 * 57);
    expect(read.height).toBeGreaterThanOrEqual(4 * 57);
  });

  it('shows every class in map and legend, and the outline in every panel', () => {
    const half = (57 * 57) / 2;
    for (const color of classColors(classes)) expect(count(color)).toBeGreaterThan(half);
    expect(count([0xff, 0xd6, 0x0a])).toBeGreaterThan(3 * 10 * 57);
  });
});

describe('colours', () => {
  // Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB.
  const deficiencies: Record<string, number[][]> = {
    none: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    protanopia: [
      [0.152286, 1.052583, -0.204868],
      [0.114503, 0.786281, 0.099216],
      [-0.003882, -0.048116, 1.051998],
    ],
    deuteranopia: [
      [0.367322, 0.860646, -0.227968],
      [0.280085, 0.672501, 0.047413],
      [-0.01182, 0.04294, 0.968881],
    ],
    tritanopia: [
      [1.255528, -0.076749, -0.178779],
      [-0.078411, 0.930809, 0.147602],
      [0.004733, 0.691367, 0.3039],
    ],
  };
  const times = (m: number[][], v: number[]) =>
    m.map((row) => row.reduce((sum, x, i) => sum + x * (v[i] ?? 0), 0));
  // OKLab, Ottosson 2020.
  const toLms = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
  ];
  const toLab = [
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
  ];
  const seen = (color: Rgb, deficiency: number[][]) => {
    const linear = color.map((part) => {
      const s = part / 255;
      return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
    });
    const shown = times(deficiency, linear).map((x) => Math.min(1, Math.max(0, x)));
    return times(toLab, times(toLms, shown).map(Math.cbrt));
  };

  it.each(Object.entries(deficiencies))('stay apart with %s', (_, matrix) => {
    const labs = classColors(classes).map((color) => seen(color, matrix));
    labs.forEach((a, i) => {
      for (const b of labs.slice(i + 1)) {
        expect(Math.hypot(...a.map((x, k) => x - (b[k] ?? 0)))).toBeGreaterThan(0.19);
      }
    });
  });

  it('follow the name of the class, not its place', () => {
    const [a, b] = classColors(['other', 'HCC']).map(toHex);
    expect(b).toBe(toHex(classColors(classes)[2] as Rgb));
    expect(a).not.toBe(b);
    expect(textColorOn([0x8d, 0xf4, 0xfb])).toBe('#000000');
    expect(textColorOn([0x14, 0x40, 0xc0])).toBe('#ffffff');
  });
});

describe('file names', () => {
  it('stay inside the folder and differ where ids differ', () => {
    const ids = ['a/b', 'a_b', 'a~b', 'a b', '../x', 'a\\b', 'ä', 'a:b'];
    const names = ids.map(fileName);
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) expect(name).toMatch(/^[\w.~-]+$/);
  });
});
