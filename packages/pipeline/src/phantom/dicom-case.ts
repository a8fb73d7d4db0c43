import { join } from 'node:path';
import { type DicomElements, dicomFile, uidOf } from '../dicom/write-dicom.js';
import { writeFileAtomic } from '../storage/index.js';
import { makeFolder } from '../storage/make-folder.js';
import { type Grid, voxelToWorld } from '../volume/index.js';
import type { CasePlan } from './cohort-plan.js';
import type { PhantomPhase } from './enhancement.js';

const explicitLittleEndian = '1.2.840.10008.1.2.1';
const ctStorage = '1.2.840.10008.5.1.4.1.1.2';
const segmentationStorage = '1.2.840.10008.5.1.4.1.1.66.4';
const studyDate = '20200101';
/** By which a phantom is known again after import. */
export const phantomPatientName = 'SYNTHETIC';

/** What phases are called, and when they are acquired after 12:00, s: contrast is given 60 s after the first. */
const scans: Readonly<Record<PhantomPhase, { description: string; seconds: number }>> = {
  NC: { description: 'Liver native', seconds: 0 },
  ART: { description: 'Liver arterial', seconds: 95 },
  PV: { description: 'Liver portal venous', seconds: 130 },
  DL: { description: 'Liver delayed', seconds: 360 },
};

/** Stored values are HU + 1024. */
const intercept = -1024;

/** A case that is written as DICOM. UIDs depend on the seed and on names alone. */
export interface DicomCase {
  readonly plan: CasePlan;
  readonly seed: number;
  readonly grid: Grid;
}

/** Writes a phase as a CT series, one file a slice. `data` in HU. */
export async function writePhantomSeries(
  folder: string,
  { plan, seed, grid }: DicomCase,
  phase: PhantomPhase,
  data: Int16Array,
): Promise<void> {
  const [nx, ny, nz] = grid.size;
  const series = `${seed}/${plan.id}/${phase}`;
  const { description, seconds } = scans[phase];
  await makeFolder(folder);
  for (let z = 0; z < nz; z++) {
    const stored = Uint16Array.from(
      data.subarray(z * nx * ny, (z + 1) * nx * ny),
      (value) => value - intercept,
    );
    const elements: DicomElements = {
      ...identity(plan, seed),
      x00080016: ui(ctStorage),
      x00080018: ui(uidOf(`flc-phantom/${series}/${z}`)),
      x00080022: { vr: 'DA', value: studyDate },
      x00080032: { vr: 'TM', value: clock(seconds) },
      x00080060: { vr: 'CS', value: 'CT' },
      x0008103e: { vr: 'LO', value: description },
      x00180050: ds(grid.spacing[2]),
      x0020000e: ui(uidOf(`flc-phantom/${series}`)),
      x00200012: { vr: 'IS', value: [1] },
      x00200013: { vr: 'IS', value: [z + 1] },
      x00200032: ds(...voxelToWorld(grid, [0, 0, z])),
      x00200037: orientation(grid),
      ...pixels(grid, 16),
      x00280030: ds(grid.spacing[1], grid.spacing[0]),
      x00281052: ds(intercept),
      x00281053: ds(1),
      x7fe00010: { vr: 'OW', value: new Uint8Array(stored.buffer) },
    };
    const file = join(folder, `IM${String(z + 1).padStart(4, '0')}.dcm`);
    await writeFileAtomic(file, dicomFile({ syntaxUid: explicitLittleEndian, elements }));
  }
}

/** Writes a mask as a binary DICOM segmentation of one segment, a frame for each slice that holds any of it. */
export async function writePhantomMask(
  file: string,
  { plan, seed, grid }: DicomCase,
  /** The name, unlike that of any other mask of the case, is the segment's; the phase is that on which it was drawn. */
  { name, phase }: { readonly name: string; readonly phase: PhantomPhase },
  mask: Uint8Array,
): Promise<void> {
  const plane = grid.size[0] * grid.size[1];
  const slices = Array.from({ length: grid.size[2] }, (_, z) => z).filter((z) =>
    mask.subarray(z * plane, (z + 1) * plane).includes(1),
  );
  const bits = new Uint8Array(Math.ceil((slices.length * plane) / 8));
  slices.forEach((z, frame) => {
    for (let i = 0; i < plane; i++) {
      const at = frame * plane + i;
      // The first pixel is the lowest bit (PS3.5, 8.1.1).
      if (mask[z * plane + i] !== 0) bits[at >> 3] = (bits[at >> 3] as number) | (1 << (at & 7));
    }
  });
  const elements: DicomElements = {
    ...identity(plan, seed),
    x00080016: ui(segmentationStorage),
    x00080018: ui(uidOf(`flc-phantom/${seed}/${plan.id}/${name}`)),
    x00080060: { vr: 'CS', value: 'SEG' },
    x0008103e: { vr: 'LO', value: name },
    x00081115: items([{ x0020000e: ui(uidOf(`flc-phantom/${seed}/${plan.id}/${phase}`)) }]),
    x0020000e: ui(uidOf(`flc-phantom/${seed}/${plan.id}/masks`)),
    ...pixels(grid, 1),
    x00280008: { vr: 'IS', value: [slices.length] },
    x00620001: { vr: 'CS', value: 'BINARY' },
    x00620002: items([{ x00620004: us(1), x00620005: { vr: 'LO', value: name } }]),
    x52009229: items([
      {
        x00209116: items([{ x00200037: orientation(grid) }]),
        x00289110: items([
          {
            x00180050: ds(grid.spacing[2]),
            x00180088: ds(grid.spacing[2]),
            x00280030: ds(grid.spacing[1], grid.spacing[0]),
          },
        ]),
      },
    ]),
    x52009230: items(
      slices.map((z) => ({
        x00209113: items([{ x00200032: ds(...voxelToWorld(grid, [0, 0, z])) }]),
        x0062000a: items([{ x0062000b: us(1) }]),
      })),
    ),
    x7fe00010: { vr: 'OB', value: bits },
  };
  await writeFileAtomic(file, dicomFile({ syntaxUid: explicitLittleEndian, elements }));
}

/** Patient, study and frame of reference, the same for all files of a case. */
function identity({ id, patient }: CasePlan, seed: number): DicomElements {
  return {
    x00080020: { vr: 'DA', value: studyDate },
    x00080030: { vr: 'TM', value: clock(0) },
    x00081030: { vr: 'LO', value: 'SYNTHETIC' },
    x00100010: { vr: 'PN', value: phantomPatientName },
    x00100020: { vr: 'LO', value: patient },
    x0020000d: ui(uidOf(`flc-phantom/${seed}/${id}`)),
    x00200052: ui(uidOf(`flc-phantom/${seed}/${id}/frame of reference`)),
  };
}

function pixels({ size: [nx, ny] }: Grid, bits: 1 | 16): DicomElements {
  return {
    x00280002: us(1),
    x00280004: { vr: 'CS', value: 'MONOCHROME2' },
    x00280010: us(ny),
    x00280011: us(nx),
    x00280100: us(bits),
    x00280101: us(bits),
    x00280102: us(bits - 1),
    x00280103: us(0),
  };
}

/** Directions of rows and columns: first and second column of the grid's. */
function orientation({ direction: d }: Grid) {
  return ds(d[0], d[3], d[6], d[1], d[4], d[7]);
}

function clock(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `12${two(Math.floor(seconds / 60))}${two(seconds % 60)}`;
}

/** Numbers in at most 16 characters. */
const ds = (...values: number[]) =>
  ({ vr: 'DS', value: values.map((v) => Number(v.toFixed(6))) }) as const;
const ui = (value: string) => ({ vr: 'UI', value }) as const;
const us = (value: number) => ({ vr: 'US', value }) as const;
const items = (value: DicomElements[]) => ({ vr: 'SQ', value }) as const;
