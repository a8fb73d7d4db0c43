import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { describe, expect, it } from 'vitest';
import {
  airHu,
  type DicomStack,
  type Matrix3,
  readDicomStack,
  scanDicom,
  type Volume,
  voxelCount,
} from '../src/index.js';
import { temporaryFolder, volumeOf } from './cohort.js';
import { enhancedCt, type SeriesOptions, writeSeries } from './dicom-files.js';

const size = [12, 10, 9] as const;
/** No two voxels of a neighbourhood are equal, so that no axis may be confused. */
const ct = volumeOf((x, y, z) => x + 13 * y + 170 * z - 900, Int16Array, {
  size,
  spacing: [0.7, 0.8, 2.5],
});

async function stacksOf(volume: Volume, options: SeriesOptions = {}): Promise<DicomStack[]> {
  const folder = await temporaryFolder();
  await writeSeries(folder, volume, options);
  return [...(await scanDicom(folder)).stacks];
}

async function only(volume: Volume, options: SeriesOptions = {}): Promise<DicomStack> {
  const stacks = await stacksOf(volume, options);
  expect(stacks).toHaveLength(1);
  return stacks[0] as DicomStack;
}

function expectSame(got: Volume, expected: Volume): void {
  expect(got.size).toEqual(expected.size);
  for (const key of ['spacing', 'origin', 'direction'] as const) {
    got[key].forEach((v, i) => {
      expect(v).toBeCloseTo(expected[key][i] as number, 5);
    });
  }
  expect(Array.from(got.data)).toEqual(Array.from(expected.data));
}

describe('a series is read by geometry', () => {
  it('whatever the names and instance numbers say', async () => {
    const stack = await only(ct);
    expect(stack.files).toHaveLength(9);
    expectSame(await readDicomStack(stack), ct);
  });

  it('on an oblique grid', async () => {
    const [c, s] = [Math.cos(0.4), Math.sin(0.4)];
    const direction = [1, 0, 0, 0, c, -s, 0, s, c] as unknown as Matrix3;
    const oblique = { ...ct, direction };
    expectSame(await readDicomStack(await only(oblique)), oblique);
  });

  it.each([
    ['unsigned with intercept', { intercept: -1024 }, 'int16'],
    ['signed without', { intercept: 0, signed: true }, 'int16'],
    ['a slope of 2', { intercept: -1000, slope: 0.5 }, 'float32'],
  ] as const)('rescaled: %s', async (_, options, dtype) => {
    const volume = await readDicomStack(await only(ct, options));
    expect(volume.dtype).toBe(dtype);
    expectSame(volume, ct);
  });

  it('with 12 of 16 bits stored and an overlay in the others', async () => {
    const stack = await only(ct, {
      change: (elements) => {
        const pixels = elements.x7fe00010 as { vr: string; value: Uint8Array };
        const value = pixels.value.map((byte, i) => (i % 2 === 1 ? byte | 0xf0 : byte));
        elements.x7fe00010 = { vr: 'OW', value };
        elements.x00280101 = { vr: 'US', value: 12 };
        elements.x00280102 = { vr: 'US', value: 11 };
      },
    });
    expectSame(await readDicomStack(stack), ct);
  });

  it('with padding as air, also where US stands for SS', async () => {
    const padded = volumeOf((x, y, z) => (x === 0 ? -3024 : x + y + z), Int16Array, { size });
    for (const element of [
      { vr: 'SS', value: -2000 },
      { vr: 'US', value: 63536 },
    ]) {
      const stack = await only(padded, {
        signed: true,
        change: (elements) => {
          elements.x00280120 = element;
        },
      });
      const { data } = await readDicomStack(stack);
      expect(Array.from(data)).toEqual(Array.from(padded.data, (v) => (v === -3024 ? airHu : v)));
    }
  });

  it('beyond 16 bits', async () => {
    const metal = volumeOf((x) => 30_000 + 3000 * (x % 2), Int32Array, { size: [4, 4, 3] });
    const stack = await only(metal, { intercept: -1024 });
    expectSame(await readDicomStack(stack), metal);
  });
});

describe('stacks of a folder', () => {
  it('are one for each series, in folders of any depth, with foreign files counted', async () => {
    const folder = await temporaryFolder();
    await writeSeries(join(folder, 'a', 'b'), ct, { series: 'one' });
    await writeSeries(join(folder, 'a'), ct, { series: 'two', name: (z) => `${z}.dcm` });
    await writeFile(
      join(folder, 'README.txt'),
      'no DICOM at all, and longer than a preamble'.repeat(9),
    );
    await writeFile(join(folder, 'empty'), '');
    const { stacks, ignored, findings } = await scanDicom(folder);
    expect(stacks.map(({ files }) => files.length)).toEqual([9, 9]);
    expect({ ignored, findings }).toEqual({ ignored: 2, findings: [] });
    const again = await scanDicom(folder);
    expect(again.stacks.map(({ key }) => key)).toEqual(stacks.map(({ key }) => key));
  });

  it('are told apart without UIDs by folder, frame of reference, orientation and size', async () => {
    const folder = await temporaryFolder();
    const change = (elements: Record<string, unknown>) => {
      elements.x0020000e = { vr: 'UI', value: '' };
      elements.x00080018 = undefined;
    };
    await writeSeries(join(folder, 'x'), ct, { change });
    await writeSeries(join(folder, 'y'), ct, { change });
    const { stacks } = await scanDicom(folder);
    expect(stacks).toHaveLength(2);
    expect(new Set(stacks.map(({ key }) => key)).size).toBe(2);
  });

  it.each([
    ['AcquisitionNumber', 'x00200012', 'IS', [[3], [5], [7]], [3, 5, 7]],
    ['AcquisitionTime', 'x00080032', 'TM', ['101500.5', '101530.25', '101601'], [1, 2, 3]],
  ])('are split by %s where positions come again', async (_, tag, vr, values, acquisitions) => {
    const folder = await temporaryFolder();
    for (const [i, value] of values.entries()) {
      await writeSeries(join(folder, String(2 - i)), shifted(100 * i), {
        change: (elements) => {
          elements[tag] = { vr, value };
        },
      });
    }
    const { stacks, findings } = await scanDicom(folder);
    expect(findings).toEqual([]);
    expect(stacks.map(({ acquisition }) => acquisition)).toEqual(acquisitions);
    for (const [i, stack] of stacks.entries()) {
      expectSame(await readDicomStack(stack), shifted(100 * i));
    }
  });

  it('are split where each slice has a time of its own, when a position comes again', async () => {
    const folder = await temporaryFolder();
    for (const pass of [0, 1]) {
      await writeSeries(join(folder, String(pass)), shifted(100 * pass), {
        change: (elements, z) => {
          const value = `1015${String(20 * pass + z).padStart(2, '0')}.5`;
          elements.x00080032 = { vr: 'TM', value };
          elements.x00200012 = undefined;
        },
      });
    }
    const { stacks } = await scanDicom(folder);
    expect(stacks.map(({ files }) => files.length)).toEqual([9, 9]);
    expectSame(await readDicomStack(stacks[1] as DicomStack), shifted(100));
  });

  it('are split where acquisitions lie between each other', async () => {
    const folder = await temporaryFolder();
    for (const pass of [0, 1]) {
      const volume = { ...ct, origin: [0, 0, 1.25 * pass] as const };
      await writeSeries(join(folder, String(pass)), volume, {
        change: (elements) => {
          elements.x00200012 = { vr: 'IS', value: [pass + 1] };
        },
      });
    }
    const { stacks, findings } = await scanDicom(folder);
    expect(stacks).toHaveLength(2);
    // Slices of 2.5 mm every 1.25 mm: two scans, but whoever wants one should know.
    expect(findings.map(({ code }) => code)).toEqual([
      'SHIFTED_ACQUISITIONS',
      'SHIFTED_ACQUISITIONS',
    ]);
  });

  it('stay together where odd and even slices have numbers of their own', async () => {
    const stack = await only(ct, {
      change: (elements, z) => {
        elements.x00200012 = { vr: 'IS', value: [1 + (z % 2)] };
      },
    });
    expectSame(await readDicomStack(stack), ct);
  });

  it('stay together where each table position has a number of its own', async () => {
    const stack = await only(ct, {
      change: (elements, z) => {
        elements.x00200012 = { vr: 'IS', value: [z + 1] };
      },
    });
    expectSame(await readDicomStack(stack), ct);
  });

  it('leave scout views aside', async () => {
    const folder = await temporaryFolder();
    await writeSeries(folder, ct);
    const scout = volumeOf((x) => x, Int16Array, {
      size: [20, 20, 1],
      direction: [1, 0, 0, 0, 0, 1, 0, -1, 0],
    });
    await writeSeries(join(folder, 'scout'), scout);
    expect((await scanDicom(folder)).stacks.map(({ slices }) => slices.length).sort()).toEqual([
      1, 9,
    ]);
  });
});

describe('a stack that is no volume', () => {
  const fault = async (options: SeriesOptions, drop: number[] = [], copy: number[] = []) => {
    const folder = await temporaryFolder();
    const files = await writeSeries(folder, ct, options);
    for (const z of drop) await rm(files[z] as string);
    for (const z of copy) {
      await writeFile(join(folder, 'copy'), await readFile(files[z] as string));
    }
    const { stacks, findings } = await scanDicom(folder);
    const error = await readDicomStack(stacks[0] as DicomStack).catch((thrown: unknown) => thrown);
    return { files, findings, error: error as FlcError };
  };
  const move =
    (z: number, by: readonly number[]) => (elements: Record<string, unknown>, at: number) => {
      if (at !== z) return;
      const { value } = elements.x00200032 as { value: number[] };
      elements.x00200032 = { vr: 'DS', value: value.map((v, i) => v + (by[i] as number)) };
    };

  it('names the file after a missing slice, and where it is missing', async () => {
    const { files, findings, error } = await fault({}, [4]);
    expect(findings).toMatchObject([{ code: 'MISSING_SLICE', severity: 'error', file: files[5] }]);
    expect(findings[0]?.message).toMatch(/1 slice is missing between 107\.5 and 112\.5 mm/);
    expect(error).toBeInstanceOf(FlcError);
    expect(error).toMatchObject({
      code: 'DATA_ERROR',
      details: { fault: 'MISSING_SLICE', file: files[5] },
    });
  });

  it('names a slice that is there twice', async () => {
    const { findings, error } = await fault({}, [], [3]);
    expect(findings).toMatchObject([{ code: 'DUPLICATE_SLICE', severity: 'error' }]);
    expect(findings[0]?.message).toMatch(/107\.5 mm/);
    expect(error.details.fault).toBe('DUPLICATE_SLICE');
  });

  it('names unevenly spaced slices', async () => {
    const { files, findings } = await fault({ change: move(6, [0, 0, 0.6]) });
    expect(findings.map(({ code, file }) => [code, file])).toEqual([
      ['UNEVEN_SLICES', files[6]],
      ['UNEVEN_SLICES', files[7]],
    ]);
  });

  it('names spacing that creeps, though each distance by itself is fair', async () => {
    const creep = (elements: Record<string, unknown>, z: number) =>
      move(z, [0, 0, 0.08 * z * (z > 4 ? 1 : 0) - 0.01 * z])(elements, z);
    const { findings } = await fault({ change: creep });
    expect(findings[0]?.code).toBe('UNEVEN_SLICES');
  });

  it('tells a tilted gantry with its angle', async () => {
    const tilt = (elements: Record<string, unknown>, z: number) =>
      move(z, [0, 2.5 * z * Math.tan((12 * Math.PI) / 180), 0])(elements, z);
    const { findings, error } = await fault({ change: tilt });
    expect(findings).toMatchObject([{ code: 'GANTRY_TILT' }]);
    expect(findings[0]?.message).toMatch(/12\.0 degrees/);
    expect(error.details.fault).toBe('GANTRY_TILT');
  });

  it('names a slice that lies beside the others', async () => {
    const { files, findings } = await fault({ change: move(5, [3, 0, 0]) });
    expect(findings).toMatchObject([{ code: 'SHIFTED_SLICE', file: files[5] }]);
  });

  it('is not one whose SpacingBetweenSlices contradicts the positions', async () => {
    const stack = await only(ct, {
      change: (elements) => {
        elements.x00180088 = { vr: 'DS', value: [5] };
      },
    });
    expect(stack.findings).toMatchObject([{ code: 'SPACING_TAG', severity: 'warning' }]);
    expectSame(await readDicomStack(stack), ct);
  });

  it('lists a damaged file beside the good ones', async () => {
    const folder = await temporaryFolder();
    const files = await writeSeries(folder, ct);
    const bytes = await readFile(files[8] as string);
    await writeFile(files[8] as string, bytes.subarray(0, bytes.length - 40));
    const { findings, stacks } = await scanDicom(folder);
    expect(findings).toMatchObject([{ code: 'UNREADABLE_FILE', file: files[8] }]);
    expect(stacks[0]?.files).toHaveLength(8);
  });
});

describe('enhanced multi-frame CT', () => {
  it('takes the place of each frame from its functional group', async () => {
    const folder = await temporaryFolder();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'multi'), enhancedCt(ct, [3, 0, 8, 1, 7, 2, 6, 4, 5]));
    const { stacks } = await scanDicom(folder);
    const [stack] = stacks as [DicomStack];
    expect(stack.files).toHaveLength(1);
    expectSame(await readDicomStack(stack), ct);
  });

  it('names a frame that is missing', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'multi'), enhancedCt(ct, [0, 1, 2, 4, 5]));
    expect((await scanDicom(folder)).findings).toMatchObject([{ code: 'MISSING_SLICE' }]);
  });
});

function shifted(by: number): Volume {
  const data = new Int16Array(voxelCount(ct.size)).map((_, i) => (ct.data[i] as number) + by);
  return { ...ct, data };
}
