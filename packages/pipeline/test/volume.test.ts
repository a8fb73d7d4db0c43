import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { readImageNode } from '@itk-wasm/image-io';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Matrix3,
  readVolume,
  type Volume,
  type VoxelData,
  writeVolume,
} from '../src/index.js';
import { temporaryFolder, volumeOf } from './cohort.js';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

/** Rotated by about 20 degrees, so that no axis may be confused. */
const turned: Matrix3 = [0.9397, -0.342, 0, 0.3368, 0.9254, -0.1736, 0.0594, 0.1632, 0.9848].map(
  (v) => v,
) as unknown as Matrix3;

function oblique(array: new (n: number) => VoxelData = Int16Array, mirrored = false): Volume {
  const exact = orthonormal(turned);
  const direction = mirrored ? exact.map((v, i) => (i % 3 === 2 ? -v : v)) : exact;
  return volumeOf((x, y, z) => x + 5 * y + 31 * z, array, {
    size: [5, 6, 7],
    direction: direction as unknown as Matrix3,
  });
}

/** Gram-Schmidt on the columns. */
function orthonormal(m: Matrix3): Matrix3 {
  const unit = (v: number[]) => v.map((c) => c / Math.hypot(...v));
  const x = unit([m[0], m[3], m[6]]) as [number, number, number];
  const y0 = [m[1], m[4], m[7]] as const;
  const along = x[0] * y0[0] + x[1] * y0[1] + x[2] * y0[2];
  const y = unit(y0.map((c, i) => c - along * (x[i] as number))) as [number, number, number];
  const z = [x[1] * y[2] - x[2] * y[1], x[2] * y[0] - x[0] * y[2], x[0] * y[1] - x[1] * y[0]];
  return [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]] as unknown as Matrix3;
}

/** Writes a NIfTI file, lets `change` patch its bytes, and returns its path. */
async function patched(
  name: string,
  volume: Volume,
  change: (bytes: Buffer) => Buffer | undefined,
): Promise<string> {
  const plain = join(folder, `${name}.source.nii`);
  await writeVolume(plain, volume);
  const bytes = await readFile(plain);
  const result = change(bytes) ?? bytes;
  const file = join(folder, name);
  await writeFile(file, name.endsWith('.gz') ? gzipSync(result) : result);
  return file;
}

async function expectAsItk(file: string, digits = 5): Promise<Volume> {
  const ours = await readVolume(file);
  const itk = await readImageNode(file);
  expect(ours.size).toEqual(itk.size);
  const close = (got: readonly number[], wanted: Iterable<number>) => {
    const list = [...wanted];
    got.forEach((v, i) => {
      expect(v).toBeCloseTo(list[i] as number, digits);
    });
  };
  close(ours.spacing, itk.spacing);
  close(ours.origin, itk.origin);
  close(ours.direction, itk.direction);
  expect(Array.from(ours.data, Number)).toEqual(Array.from(itk.data as Float64Array, Number));
  return ours;
}

describe('own NIfTI reader against ITK', () => {
  it.each(['.nii', '.nii.gz'])('oblique %s', async (extension) => {
    const file = join(folder, `oblique${extension}`);
    await writeVolume(file, oblique());
    await expectAsItk(file);
  });

  it('a mirrored third axis (qfac -1)', async () => {
    const file = await patched('mirrored.nii', oblique(Int16Array, true), (bytes) => {
      bytes.writeInt16LE(0, 254); // qform only
      return bytes;
    });
    await expectAsItk(file);
  });

  it.each<[string, number, number]>([
    ['qform only', 1, 0],
    ['sform only', 0, 1],
    ['both', 1, 1],
    ['sform aligned, qform scanner', 1, 2],
  ])('%s', async (name, qform, sform) => {
    const file = await patched(`${name}.nii`.replaceAll(' ', '-'), oblique(), (bytes) => {
      bytes.writeInt16LE(qform, 252);
      bytes.writeInt16LE(sform, 254);
      // The form that is not used holds zeros, as real files have it.
      if (sform === 0) bytes.fill(0, 280, 328);
      if (qform === 0) bytes.fill(0, 256, 280);
      return bytes;
    });
    await expectAsItk(file);
  });

  it.each([
    Int8Array,
    Uint8Array,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ])('element type %o', async (array) => {
    const file = join(folder, `${array.name}.nii`);
    await writeVolume(file, oblique(array));
    const volume = await expectAsItk(file);
    expect(volume.data).toBeInstanceOf(array);
  });

  it.each<[string, new (n: number) => VoxelData]>([
    ['uint8', Uint8Array],
    ['int32', Int32Array],
    ['float64', Float64Array],
  ])('scl_slope and scl_inter on %s', async (name, array) => {
    const file = await patched(`slope-${name}.nii.gz`, oblique(array), (bytes) => {
      bytes.writeFloatLE(0.5, 112);
      bytes.writeFloatLE(-1000.5, 116);
      return bytes;
    });
    const volume = await expectAsItk(file);
    expect(volume.data[6]).toBe((1 + 5) * 0.5 - 1000.5);
  });

  it('takes slope 0 as no scaling', async () => {
    const file = await patched('slope-0.nii', oblique(), (bytes) => {
      bytes.writeFloatLE(0, 112);
      bytes.writeFloatLE(-1000, 116);
      return bytes;
    });
    // nifti1.h and nibabel: scl_inter then has no meaning either. (ITK adds it.)
    expect((await readVolume(file)).data).toEqual(oblique().data);
  });

  it('big-endian files', async () => {
    const file = await patched('big.nii', oblique(), (bytes) => {
      const spans: [number, number, 2 | 4][] = [
        [0, 4, 4],
        [40, 56, 2],
        [70, 74, 2],
        [76, 108, 4],
        [108, 120, 4],
        [252, 256, 2],
        [256, 328, 4],
        [352, bytes.length, 2],
      ];
      for (const [from, to, width] of spans) {
        const span = bytes.subarray(from, to);
        if (width === 2) span.swap16();
        else span.swap32();
      }
      return bytes;
    });
    await expectAsItk(file);
  });
});

describe('round trips', () => {
  it.each(['.nii', '.nii.gz', '.nrrd', '.mha'])(
    '%s keeps voxels and geometry',
    async (extension) => {
      const volume = oblique();
      // A view that does not start at its buffer, as a volume read from a file is.
      const shifted = { ...volume, data: new Int16Array(volume.data.length + 3).subarray(3) };
      shifted.data.set(volume.data as Int16Array);
      const file = join(folder, 'trip', `volume${extension}`);
      await writeVolume(file, shifted);
      const back = await readVolume(file);
      expect(back.data).toEqual(volume.data);
      back.direction.forEach((v, i) => {
        expect(v).toBeCloseTo(volume.direction[i] as number, 5);
      });
      back.origin.forEach((v, i) => {
        expect(v).toBeCloseTo(volume.origin[i] as number, 4);
      });
    },
  );
});

describe('damaged and foreign files', () => {
  const volume = oblique();
  const broken: [string, string, (bytes: Buffer) => Buffer | undefined][] = [
    ['cut.nii', 'truncated', (b) => b.subarray(0, b.length - 10)],
    ['cut-in-header.nii', 'truncated', (b) => b.subarray(0, 200)],
    ['empty.nii', 'truncated', () => Buffer.alloc(0)],
    ['text.nii', 'not a NIfTI-1', () => Buffer.alloc(400, 'x')],
    ['pair.nii', 'single-file', (b) => void b.write('ni1\0', 344, 'latin1')],
    ['rgb.nii', 'datatype', (b) => void b.writeInt16LE(128, 70)],
    ['bitpix.nii', 'contradict', (b) => void b.writeInt16LE(32, 72)],
    ['negative.nii', 'not positive', (b) => void b.writeInt16LE(-5, 42)],
    [
      '4d.nii',
      'three dimensions',
      (b) =>
        void [4, 5, 6, 7, 2].forEach((n, i) => {
          b.writeInt16LE(n, 40 + 2 * i);
        }),
    ],
    ['offset.nii', 'vox_offset', (b) => void b.writeFloatLE(Number.NaN, 108)],
    ['far-offset.nii.gz', 'more voxels', (b) => void b.writeFloatLE(2 ** 33, 108)],
    ['singular.nii', 'singular', (b) => b.fill(0, 252, 254).fill(0, 280, 328)],
  ];
  it.each(broken)('%s: %s', async (name, message, change) => {
    const file = await patched(name, volume, change);
    await expect(readVolume(file)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringContaining(message),
      details: { file },
    });
  });

  it('a compressed file that is cut short', async () => {
    const whole = await readFile(await patched('whole.nii.gz', volume, () => undefined));
    const file = join(folder, 'short.nii.gz');
    await writeFile(file, whole.subarray(0, whole.length - 40));
    await expect(readVolume(file)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringContaining('truncated'),
    });
  });

  it.each(['huge.nii', 'huge.nii.gz'])(
    '%s: refuses 32767^3 voxels before it allocates',
    async (name) => {
      const file = await patched(name, volume, (bytes) => {
        for (const at of [42, 44, 46]) bytes.writeInt16LE(32767, at);
        return bytes;
      });
      const before = process.memoryUsage().rss;
      await expect(readVolume(file)).rejects.toMatchObject({ code: 'DATA_ERROR' });
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
    },
  );

  it('refuses a claim that deflate cannot keep', async () => {
    // 400 x 400 x 400 of int16 are 128 MB; a file of 1 kB holds 1 MB at most.
    const file = await patched('claim.nii.gz', volume, (bytes) => {
      for (const at of [42, 44, 46]) bytes.writeInt16LE(400, at);
      return bytes;
    });
    const { length } = await readFile(file);
    // Told from the size of the file alone, before anything is inflated.
    await expect(readVolume(file)).rejects.toMatchObject({
      message: expect.stringContaining('truncated'),
      details: { expected: 2 * 400 ** 3, got: length },
    });
  });

  it('refuses a bomb: far more data than the header declares', async () => {
    const file = await patched('bomb.nii.gz', volume, (b) =>
      Buffer.concat([b, Buffer.alloc(2 ** 24)]),
    );
    await expect(readVolume(file)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringContaining('more data'),
    });
  });

  const nrrd = (fields: string) => `NRRD0004\n${fields}\n\nxx`;
  const meta = (size: string, data: string) =>
    `NDims = 3\nDimSize = ${size}\nElementType = MET_SHORT\nElementDataFile = ${data}\n`;
  const raw = 'type: short\ndimension: 3\nencoding: raw\nendian: little';
  it.each<[string, string, string]>([
    ['huge.nrrd', 'more voxels', nrrd(`${raw}\nsizes: 32767 32767 32767`)],
    ['short.nrrd', 'truncated', nrrd(`${raw}\nsizes: 40 40 40`)],
    ['plane.nrrd', 'three-dimensional', nrrd(`${raw}\nsizes: 40 40`)],
    ['detached.nrrd', 'without its voxels', nrrd(`${raw}\nsizes: 1 1 1\ndata file: /etc/passwd`)],
    ['kind.nrrd', 'voxel type', nrrd('type: block\ndimension: 3\nencoding: raw\nsizes: 1 1 1')],
    ['foreign.nrrd', 'not an NRRD', 'PK something else'],
    ['elsewhere.mha', 'another folder', meta('1 1 1', '../x')],
    ['several.mha', 'several files', meta('1 1 1', 'slice%03d.raw 1 9 1')],
    ['huge.mha', 'more voxels', meta('99999 99999 9', 'LOCAL')],
    ['foreign.mha', 'not a MetaImage', 'PK something else'],
  ])('%s: %s', async (name, message, text) => {
    const file = join(folder, name);
    await writeFile(file, text);
    await expect(readVolume(file)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringContaining(message),
      details: { file },
    });
  });

  it('a MetaImage that is cut short', async () => {
    const file = join(folder, 'cut.mha');
    await writeVolume(file, oblique(Float64Array));
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, bytes.length - 200));
    await expect(readVolume(file)).rejects.toMatchObject({ code: 'DATA_ERROR' });
  });

  it('a file that is not there, a folder, another kind of file', async () => {
    const absent = join(folder, 'absent.nii');
    await expect(readVolume(absent)).rejects.toMatchObject({
      code: 'IO_ERROR',
      details: { file: absent },
    });
    const directory = join(folder, 'folder.nii');
    await mkdir(directory);
    await expect(readVolume(directory)).rejects.toMatchObject({ code: 'DATA_ERROR' });
    await expect(readVolume(join(folder, 'scan.dcm'))).rejects.toMatchObject({
      code: 'DATA_ERROR',
    });
  });
});

const shared = fileURLToPath(new URL('../../../../shared/data/totalsegmentator/', import.meta.url));

// Real abdominal CT that the project does not hold; the suite says so where it is absent.
describe.skipIf(!existsSync(shared))(`real CT (skipped without ../shared/data)`, () => {
  it.each([
    'example_ct_sm.nii.gz',
    'example_ct.nii.gz',
    'example_seg.nii.gz',
    'phase/arterial_early_ct_cropped.nii.gz',
  ])('%s equals ITK', async (name) => {
    const ours = await readVolume(join(shared, name));
    const itk = await readImageNode(join(shared, name));
    expect(Array.from(ours.direction)).toEqual(Array.from(itk.direction, (v) => v + 0));
    expect(ours.origin).toEqual(itk.origin);
    const bytes = (data: ArrayBufferView) =>
      Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    expect(bytes(ours.data).equals(bytes(itk.data as ArrayBufferView))).toBe(true);
  });
});

it('compresses deterministically', async () => {
  const file = join(folder, 'again.nii.gz');
  await writeVolume(file, oblique());
  const first = await readFile(file);
  await writeVolume(file, oblique());
  expect((await readFile(file)).equals(first)).toBe(true);
  expect(gunzipSync(first).length).toBe(352 + 2 * 210);
});
