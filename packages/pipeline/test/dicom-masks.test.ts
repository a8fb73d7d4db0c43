import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Grid,
  identityDirection,
  type Matrix3,
  readDicomSegmentation,
  readStructureSet,
  type Vector3,
  voxelCount,
  voxelToWorld,
} from '../src/index.js';
import { temporaryFolder } from './cohort.js';
import { type Roi, type Segment, segmentationFile, structureSetFile } from './dicom-files.js';

const grid: Grid = {
  size: [30, 26, 8],
  spacing: [0.8, 0.8, 2.5],
  origin: [-12, -10, 40],
  direction: identityDirection,
};

function paint(test: (x: number, y: number, z: number) => boolean | number, on = grid): Uint8Array {
  const data = new Uint8Array(voxelCount(on.size));
  let at = 0;
  for (let z = 0; z < on.size[2]; z += 1)
    for (let y = 0; y < on.size[1]; y += 1)
      for (let x = 0; x < on.size[0]; x += 1) data[at++] = Number(test(x, y, z));
  return data;
}

async function written(bytes: Buffer): Promise<string> {
  const file = join(await temporaryFolder(), 'mask');
  await writeFile(file, bytes);
  return file;
}

const ball = paint((x, y, z) => (x - 14) ** 2 + (y - 12) ** 2 + (3 * (z - 4)) ** 2 <= 64);
const block = paint((x, y, z) => x > 10 && x < 20 && y > 3 && y < 12 && z > 1 && z < 7);
const segment = (number: number, label: string, data: Uint8Array, more: Partial<Segment> = {}) => ({
  ...{ number, label, data },
  ...more,
});

describe('a segmentation', () => {
  it('gives each of two overlapping segments, by number and by label', async () => {
    const file = await written(
      segmentationFile(grid, [segment(1, 'Liver', ball), segment(2, 'Mass', block)]),
    );
    expect((await readDicomSegmentation(file, 1, grid)).data).toEqual(ball);
    expect((await readDicomSegmentation(file, 'mass', grid)).data).toEqual(block);
  });

  it('takes frames that a segment lacks as empty', async () => {
    const gapped = paint((x, y, z) => (z === 2 || z === 5) && block[(z * 26 + y) * 30 + x] === 1);
    const file = await written(segmentationFile(grid, [segment(7, 'Mass', gapped)]));
    expect((await readDicomSegmentation(file, undefined, grid)).data).toEqual(gapped);
  });

  it('takes a fractional segment from one half on', async () => {
    const data = paint((x) => (x < 10 ? 127 : x < 20 ? 128 : 0));
    const file = await written(segmentationFile(grid, [segment(1, 'Mass', data)], 'FRACTIONAL'));
    const expected = paint((x) => x >= 10 && x < 20);
    expect((await readDicomSegmentation(file, 1, grid)).data).toEqual(expected);
  });

  it('is placed by geometry on a flipped and cropped grid', async () => {
    const file = await written(segmentationFile(grid, [segment(1, 'Mass', block)]));
    const origin = voxelToWorld(grid, [5, 20, 7]);
    const direction = [1, 0, 0, 0, -1, 0, 0, 0, -1] as unknown as Matrix3;
    const onto: Grid = { ...grid, size: [20, 18, 8], origin, direction };
    const expected = paint((x, y, z) => block[((7 - z) * 26 + 20 - y) * 30 + x + 5] === 1, onto);
    expect((await readDicomSegmentation(file, 1, onto)).data).toEqual(expected);
  });

  it('is placed on thinner slices by the nearest frame', async () => {
    const file = await written(segmentationFile(grid, [segment(1, 'Mass', block)]));
    const onto: Grid = { ...grid, size: [30, 26, 16], spacing: [0.8, 0.8, 1.25] };
    const { data } = await readDicomSegmentation(file, 1, onto);
    const volume = (mask: Uint8Array, g: Grid) =>
      mask.reduce((sum, v) => sum + v, 0) * g.spacing[0] * g.spacing[1] * g.spacing[2];
    expect(volume(data as Uint8Array, onto)).toBeCloseTo(volume(block, grid), 6);
  });

  it.each([
    ['an unknown segment', 9, grid, 'DATA_ERROR', /no such segment/],
    ['one to choose of two', undefined, grid, 'DATA_ERROR', /2 segments/],
    ['another place', 1, { ...grid, origin: [900, 0, 0] }, 'GEOMETRY_MISMATCH', /beside/],
  ] as const)('is refused: %s', async (_, wanted, onto, code, message) => {
    const file = await written(
      segmentationFile(grid, [segment(1, 'A', ball), segment(2, 'B', block)]),
    );
    const error = await readDicomSegmentation(file, wanted, onto as Grid).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(message),
      details: { file },
    });
  });
});

/** A circle in voxel coordinates of slice z, as world points. */
function circle(x: number, y: number, z: number, radius: number, points = 180): Vector3[] {
  return Array.from({ length: points }, (_, i) => {
    const angle = (2 * Math.PI * i) / points;
    return voxelToWorld(grid, [x + radius * Math.cos(angle), y + radius * Math.sin(angle), z]);
  });
}

const inCircle = (cx: number, cy: number, radius: number) => (x: number, y: number) =>
  (x - cx) ** 2 + (y - cy) ** 2 < radius ** 2;

async function regions(...rois: readonly Roi[]): Promise<string> {
  return written(structureSetFile(rois));
}

describe('a structure set', () => {
  // Radii at which no voxel centre lies near the polygon that stands for the circle.
  const outer = inCircle(14, 12, 9.3);

  it('marks voxels whose centre lies within a contour', async () => {
    const contours = [2, 3, 4].map((z) => circle(14, 12, z, 9.3));
    const file = await regions({ number: 3, name: 'GTV', contours });
    const expected = paint((x, y, z) => z >= 2 && z <= 4 && outer(x, y));
    expect((await readStructureSet(file, 'gtv', grid)).data).toEqual(expected);
    expect((await readStructureSet(file, 3, grid)).data).toEqual(expected);
  });

  it('takes several contours of a slice by even and odd: holes, islands, two lesions', async () => {
    const contours = [
      circle(14, 12, 3, 9.3),
      circle(14, 12, 3, 6.3),
      circle(14, 12, 3, 2.3),
      circle(27, 3, 3, 1.7),
      // Drawn twice by mistake: it must not cancel itself.
      circle(27, 3, 3, 1.7),
    ];
    const file = await regions({ number: 1, name: 'GTV', contours });
    const [hole, island, second] = [
      inCircle(14, 12, 6.3),
      inCircle(14, 12, 2.3),
      inCircle(27, 3, 1.7),
    ];
    const expected = paint(
      (x, y, z) => z === 3 && ((outer(x, y) && !hole(x, y)) || island(x, y) || second(x, y)),
    );
    expect((await readStructureSet(file, undefined, grid)).data).toEqual(expected);
  });

  it('leaves slices empty that no contour plane is near', async () => {
    const contours = [1, 2, 3, 6].map((z) => circle(14, 12, z, 9.3));
    const file = await regions({ number: 1, name: 'GTV', contours });
    const expected = paint((x, y, z) => [1, 2, 3, 6].includes(z) && outer(x, y));
    expect((await readStructureSet(file, 1, grid)).data).toEqual(expected);
  });

  it('may be drawn on sagittal planes', async () => {
    const contours = [10, 11, 12].map((x) =>
      [
        [4.5, 1.5],
        [20.5, 1.5],
        [20.5, 5.5],
        [4.5, 5.5],
      ].map(([y, z]) => voxelToWorld(grid, [x, y as number, z as number])),
    );
    const file = await regions({ number: 1, name: 'GTV', contours });
    const expected = paint(
      (x, y, z) => x >= 10 && x <= 12 && y >= 5 && y <= 20 && z >= 2 && z <= 5,
    );
    expect((await readStructureSet(file, 1, grid)).data).toEqual(expected);
  });

  it('keeps the volume of a ball within 2 % on an oblique grid', async () => {
    const [c, s] = [Math.cos(0.5), Math.sin(0.5)];
    const radius = 7;
    const contours = Array.from({ length: 27 }, (_, i) => -6.5 + 0.5 * i).flatMap((z) => {
      const r = Math.sqrt(radius ** 2 - z ** 2);
      return [
        Array.from({ length: 120 }, (_, k): Vector3 => {
          const angle = (2 * Math.PI * k) / 120;
          return [r * Math.cos(angle), r * Math.sin(angle), z];
        }),
      ];
    });
    const file = await regions({ number: 1, name: 'GTV', contours });
    const onto: Grid = {
      size: [40, 40, 40],
      spacing: [0.45, 0.45, 0.45],
      origin: [0, 0, 0],
      direction: [c, -s * c, s * s, s, c * c, -s * c, 0, s, c] as unknown as Matrix3,
    };
    const centre = voxelToWorld(onto, [19.5, 19.5, 19.5]);
    const placed = { ...onto, origin: centre.map((v) => -v) as unknown as Vector3 };
    const { data } = await readStructureSet(file, 1, placed);
    const volume = (data as Uint8Array).reduce((sum, v) => sum + v, 0) * 0.45 ** 3;
    expect(Math.abs(volume / ((4 / 3) * Math.PI * radius ** 3) - 1)).toBeLessThan(0.02);
  });

  it.each([
    ['an unknown region', 'CTV', [circle(14, 12, 3, 5)], 'DATA_ERROR'],
    ['another place', 1, [circle(400, 12, 3, 5)], 'GEOMETRY_MISMATCH'],
    ['no closed contour', 1, [circle(14, 12, 3, 5, 2)], 'DATA_ERROR'],
    ['a contour that is not planar', 1, [bent()], 'DATA_ERROR'],
  ] as const)('is refused: %s', async (_, roi, contours, code) => {
    const file = await regions({ number: 1, name: 'GTV', contours });
    const error = await readStructureSet(file, roi, grid).catch((e: unknown) => e);
    expect(error).toMatchObject({ code, details: { file } });
  });
});

function bent(): Vector3[] {
  return circle(14, 12, 3, 5).map(([x, y, z], i) => [x, y, z + (i % 2)] as const);
}
