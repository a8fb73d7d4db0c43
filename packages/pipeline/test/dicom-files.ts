import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DicomElements, dicomFile, uidOf } from '../src/dicom/write-dicom.js';
import { type Grid, type Vector3, type Volume, voxelToWorld } from '../src/index.js';

const explicitLittleEndian = '1.2.840.10008.1.2.1';
const ctStorage = '1.2.840.10008.5.1.4.1.1.2';

export interface SeriesOptions {
  /** Text that UIDs are made of. */
  readonly series?: string;
  /** Added to each slice, or put in place of what is there; undefined takes an element away. */
  readonly change?: (elements: Record<string, unknown>, z: number) => void;
  readonly intercept?: number;
  readonly slope?: number;
  readonly patient?: string;
  readonly name?: (z: number) => string;
  readonly signed?: boolean;
}

const ds = (...value: number[]) => ({ vr: 'DS', value: value.map((v) => +v.toFixed(6)) }) as const;
const ui = (value: string) => ({ vr: 'UI', value }) as const;
const us = (value: number) => ({ vr: 'US', value }) as const;

/** Elements of slice `z` of a CT volume. Values are stored as (value - intercept) / slope. */
export function ctElements(volume: Volume, z: number, options: SeriesOptions = {}): DicomElements {
  const { series = 'series', intercept = -1024, slope = 1, signed = false } = options;
  const [nx, ny] = volume.size;
  const d = volume.direction;
  const plane = volume.data.subarray(z * nx * ny, (z + 1) * nx * ny);
  const stored = signed ? new Int16Array(nx * ny) : new Uint16Array(nx * ny);
  plane.forEach((v: number, i: number) => {
    stored[i] = Math.round((v - intercept) / slope);
  });
  const elements: Record<string, unknown> = {
    x00080016: ui(ctStorage),
    x00080018: ui(uidOf(`${series}/${z}`)),
    x00080060: { vr: 'CS', value: 'CT' },
    x00100010: { vr: 'PN', value: options.patient ?? 'Nobody^At All' },
    x00100020: { vr: 'LO', value: options.patient ?? 'none' },
    x00180050: ds(volume.spacing[2]),
    x0020000d: ui(uidOf('study')),
    x0020000e: ui(uidOf(series)),
    x00200012: { vr: 'IS', value: [1] },
    // Reversed: numbers say nothing of the order.
    x00200013: { vr: 'IS', value: [volume.size[2] - z] },
    x00200032: ds(...voxelToWorld(volume, [0, 0, z])),
    x00200037: ds(d[0], d[3], d[6], d[1], d[4], d[7]),
    x00200052: ui(uidOf('frame of reference')),
    x00280002: us(1),
    x00280004: { vr: 'CS', value: 'MONOCHROME2' },
    x00280010: us(ny),
    x00280011: us(nx),
    x00280030: ds(volume.spacing[1], volume.spacing[0]),
    x00280100: us(16),
    x00280101: us(16),
    x00280102: us(15),
    x00280103: us(signed ? 1 : 0),
    x00281052: ds(intercept),
    x00281053: ds(slope),
    x7fe00010: { vr: 'OW', value: new Uint8Array(stored.buffer) },
  };
  options.change?.(elements, z);
  const kept = Object.entries(elements).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as DicomElements;
}

/** Writes a volume as a series, one file a slice; returns the files in the order of z. */
export async function writeSeries(
  folder: string,
  volume: Volume,
  options: SeriesOptions = {},
): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (let z = 0; z < volume.size[2]; z += 1) {
    // Names in an order of their own, without extension.
    const file = join(folder, options.name?.(z) ?? `IM${(z * 7919) % 10007}`);
    const elements = ctElements(volume, z, options);
    await writeFile(file, dicomFile({ syntaxUid: explicitLittleEndian, elements }));
    files.push(file);
  }
  return files;
}

const item = (tag: string, elements: DicomElements): DicomElements => ({
  [tag]: { vr: 'SQ', value: [elements] },
});

/** Functional groups of a frame that lies on slice `z` of a grid. */
function frameGroup(grid: Grid, z: number, more: DicomElements): DicomElements {
  return {
    ...item('x00209113', { x00200032: ds(...voxelToWorld(grid, [0, 0, z])) }),
    ...more,
  };
}

/** Writes an enhanced multi-frame CT with frames in the given order of z. */
export function enhancedCt(volume: Volume, order: readonly number[]): Buffer {
  const [nx, ny] = volume.size;
  const d = volume.direction;
  const stored = new Int16Array(nx * ny * order.length);
  order.forEach((z, i) => {
    stored.set(volume.data.subarray(z * nx * ny, (z + 1) * nx * ny), i * nx * ny);
  });
  return dicomFile({
    syntaxUid: explicitLittleEndian,
    elements: {
      ...ctElements(volume, 0),
      x00080016: ui('1.2.840.10008.5.1.4.1.1.2.1'),
      x00280008: { vr: 'IS', value: [order.length] },
      x00280103: us(1),
      x7fe00010: { vr: 'OW', value: new Uint8Array(stored.buffer) },
      x52009229: {
        vr: 'SQ',
        value: [
          {
            ...item('x00209116', { x00200037: ds(d[0], d[3], d[6], d[1], d[4], d[7]) }),
            ...item('x00289110', { x00280030: ds(volume.spacing[1], volume.spacing[0]) }),
            ...item('x00289145', { x00281052: ds(0), x00281053: ds(1) }),
          },
        ],
      },
      x52009230: { vr: 'SQ', value: order.map((z) => frameGroup(volume, z, {})) },
    },
  });
}

export interface Segment {
  readonly number: number;
  readonly label: string;
  /** 0/1, or 0..255 of a fractional segmentation, on the grid. */
  readonly data: ArrayLike<number>;
  /** Slices of the grid that get a frame; default: those with a voxel. */
  readonly frames?: readonly number[];
}

/** A segmentation on a grid: binary (one bit) or fractional. */
export function segmentationFile(
  grid: Grid,
  segments: readonly Segment[],
  type: 'BINARY' | 'FRACTIONAL' = 'BINARY',
  { characterSet = '', frame = '' } = {},
): Buffer {
  const [nx, ny, nz] = grid.size;
  const plane = nx * ny;
  const at = (data: ArrayLike<number>, z: number) =>
    Array.from({ length: plane }, (_, i) => data[z * plane + i] as number);
  const frames = segments.flatMap(({ number, data, frames: chosen }) =>
    Array.from({ length: nz }, (_, z) => z)
      .filter((z) => chosen?.includes(z) ?? at(data, z).some((v) => v > 0))
      .map((z) => ({ number, z, pixels: at(data, z) })),
  );
  const values = frames.flatMap(({ pixels }) => pixels);
  const d = grid.direction;
  return dicomFile({
    syntaxUid: explicitLittleEndian,
    elements: {
      x00080005: { vr: 'CS', value: characterSet },
      x00080016: ui('1.2.840.10008.5.1.4.1.1.66.4'),
      x00080018: ui(uidOf('segmentation')),
      x00080060: { vr: 'CS', value: 'SEG' },
      x00200052: ui(frame),
      x00280002: us(1),
      x00280004: { vr: 'CS', value: 'MONOCHROME2' },
      x00280008: { vr: 'IS', value: [frames.length] },
      x00280010: us(ny),
      x00280011: us(nx),
      x00280100: us(type === 'BINARY' ? 1 : 8),
      x00280101: us(type === 'BINARY' ? 1 : 8),
      x00280102: us(type === 'BINARY' ? 0 : 7),
      x00280103: us(0),
      x00620001: { vr: 'CS', value: type },
      x0062000e: us(255),
      x00620002: {
        vr: 'SQ',
        value: segments.map(({ number, label }) => ({
          x00620004: us(number),
          x00620005: { vr: 'LO', value: label },
        })),
      },
      x52009229: {
        vr: 'SQ',
        value: [
          {
            ...item('x00209116', { x00200037: ds(d[0], d[3], d[6], d[1], d[4], d[7]) }),
            ...item('x00289110', {
              x00180050: ds(grid.spacing[2]),
              x00180088: ds(grid.spacing[2]),
              x00280030: ds(grid.spacing[1], grid.spacing[0]),
            }),
          },
        ],
      },
      x52009230: {
        vr: 'SQ',
        value: frames.map(({ number, z }) =>
          frameGroup(grid, z, item('x0062000a', { x0062000b: us(number) })),
        ),
      },
      x7fe00010: {
        vr: 'OB',
        value: type === 'BINARY' ? packBits(values) : Uint8Array.from(values),
      },
    },
  });
}

function packBits(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((v, i) => {
    if (v > 0) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7));
  });
  return bytes;
}

export interface Roi {
  readonly number: number;
  readonly name: string;
  readonly contours: readonly (readonly Vector3[])[];
  readonly type?: string;
}

/** A structure set with closed contours in world coordinates (LPS, mm). */
export function structureSetFile(rois: readonly Roi[], characterSet = ''): Buffer {
  return dicomFile({
    syntaxUid: explicitLittleEndian,
    elements: {
      x00080005: { vr: 'CS', value: characterSet },
      x00080016: ui('1.2.840.10008.5.1.4.1.1.481.3'),
      x00080018: ui(uidOf('structure set')),
      x00080060: { vr: 'CS', value: 'RTSTRUCT' },
      x30060020: {
        vr: 'SQ',
        value: rois.map(({ number, name }) => ({
          x30060022: { vr: 'IS', value: [number] },
          x30060026: { vr: 'LO', value: name },
        })),
      },
      x30060039: {
        vr: 'SQ',
        value: rois.map(({ number, contours, type = 'CLOSED_PLANAR' }) => ({
          x30060040: {
            vr: 'SQ',
            value: contours.map((points) => ({
              x30060042: { vr: 'CS', value: type },
              x30060046: { vr: 'IS', value: [points.length] },
              x30060050: ds(...points.flat()),
            })),
          },
          x30060084: { vr: 'IS', value: [number] },
        })),
      },
    },
  });
}
