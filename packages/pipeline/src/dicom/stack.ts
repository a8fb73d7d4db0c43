import { createHash } from 'node:crypto';
import { dirname, relative } from 'node:path';
import type { CaseFinding } from '../check/finding.js';
import type { Grid } from '../volume/volume.js';
import { noUid } from './element-values.js';
import { characterSetFindings } from './mask-findings.js';
import type { DicomSlice } from './slice.js';
import { orderSlices } from './slice-order.js';
import { areShifted, splitAcquisitions } from './split-acquisitions.js';

/**
 * Slices of one series and one acquisition, ordered along their normal: what makes a volume. Plain
 * data. The patient's name and the descriptions are for the side of dataset.yaml only.
 */
export interface DicomStack {
  /** Names the stack within its folder; the same in every scan. */
  readonly key: string;
  readonly folder: string;
  /** Each file once, in the order of the slices. */
  readonly files: readonly string[];
  readonly slices: readonly DicomSlice[];
  readonly seriesUid?: string | undefined;
  readonly studyUid?: string | undefined;
  /** AcquisitionNumber; the rank in time where the number does not tell acquisitions apart. */
  readonly acquisition?: number | undefined;
  readonly patient: { readonly id?: string; readonly name?: string };
  /** YYYYMMDD as in the file. */
  readonly studyDate?: string | undefined;
  readonly modality: string;
  readonly seriesDescription?: string | undefined;
  readonly protocolName?: string | undefined;
  /** HHMMSS.FFFFFF of the first slice that was acquired. */
  readonly acquisitionTime?: string | undefined;
  readonly contentTime?: string | undefined;
  readonly seriesNumber?: number | undefined;
  readonly contrastAgent?: string | undefined;
  readonly imageType?: string[] | undefined;
  readonly convolutionKernel?: string | undefined;
  readonly frameOfReference?: string | undefined;
  /** Where the voxels lie; of a stack with faults only approximately. */
  readonly grid: Grid;
  readonly sliceThickness?: number | undefined;
  /** Errors keep the stack from being read; warnings do not. */
  readonly findings: readonly CaseFinding[];
}

/** Sorts the planes of a folder into stacks. */
export function makeStacks(root: string, slices: readonly DicomSlice[]): DicomStack[] {
  const groups = new Map<string, DicomSlice[]>();
  for (const slice of slices) {
    const key = groupKey(root, slice);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  const stacks = [...groups].flatMap(([key, group]) => {
    const passes = splitAcquisitions(group);
    const shifted = passes.length > 1 && areShifted(passes, group);
    return passes.map(({ slices: pass, acquisition }, i) =>
      makeStack(
        root,
        passes.length > 1 ? `${key}/${acquisition ?? i + 1}` : key,
        pass,
        acquisition,
        shifted,
      ),
    );
  });
  return withUniqueKeys(stacks).sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * Series, frame of reference, orientation, matrix and pixel size: planes that differ in one of
 * these make no common volume. A blank series UID is replaced by the folder. The text is a UID or a
 * hash, never a name.
 */
function groupKey(root: string, { facts, orientation, pixelSpacing, stackId }: DicomSlice): string {
  const folder = facts.seriesUid === undefined ? relative(root, dirname(facts.file)) : '';
  const geometry = JSON.stringify([
    ...[folder, facts.frameOfReference, facts.modality, stackId],
    ...[facts.pixels.rows, facts.pixels.columns],
    // 0.001 in a cosine, 1 um in a pixel: digits that writers round.
    orientation.map((v) => Math.round(v * 1e3)),
    pixelSpacing.map((v) => Math.round(v * 1e3)),
  ]);
  const hash = createHash('sha256').update(geometry).digest('hex').slice(0, 8);
  return `${facts.seriesUid ?? 'series'}/${hash}`;
}

function makeStack(
  folder: string,
  key: string,
  unordered: readonly DicomSlice[],
  acquisition: number | undefined,
  shifted: boolean,
): DicomStack {
  const { slices, grid, findings } = orderSlices(unordered);
  const [front] = slices as [DicomSlice];
  const { facts } = front;
  const times = slices.flatMap((slice) => slice.acquisitionTime ?? []).sort();
  return {
    key,
    folder,
    files: [...new Set(slices.map((slice) => slice.facts.file))],
    slices,
    seriesUid: facts.seriesUid,
    studyUid: facts.studyUid,
    acquisition,
    patient: facts.patient,
    studyDate: facts.studyDate,
    modality: facts.modality,
    seriesDescription: facts.seriesDescription,
    protocolName: facts.protocolName,
    acquisitionTime: times[0],
    contentTime: facts.contentTime,
    seriesNumber: facts.seriesNumber,
    contrastAgent: facts.contrastAgent,
    imageType: facts.imageType,
    convolutionKernel: facts.convolutionKernel,
    frameOfReference: facts.frameOfReference,
    grid,
    sliceThickness: front.sliceThickness,
    findings: [
      ...findings,
      ...(shifted ? [shiftedAcquisitions(facts)] : []),
      ...notAUid(facts),
      ...characterSetFindings(facts.characterSets, facts.file),
    ],
  };
}

function shiftedAcquisitions({ file }: DicomSlice['facts']): CaseFinding {
  return {
    severity: 'warning',
    code: 'SHIFTED_ACQUISITIONS',
    message:
      'acquisitions of the series lie between each other, and are taken as images of their own',
    remedy: 'if they are one image, export it with one AcquisitionNumber',
    file,
  };
}

function notAUid({ seriesUid, file }: DicomSlice['facts']): CaseFinding[] {
  if (!seriesUid?.startsWith(noUid)) return [];
  return [
    {
      severity: 'warning',
      code: 'NOT_A_UID',
      message: 'the identifier of the series is no UID, as anonymisers write it',
      remedy: 'nothing to do: it only tells series apart; see that it is of one series',
      file,
    },
  ];
}

/** A series with one geometry is named by its UID alone; others keep the hash of the geometry. */
function withUniqueKeys(stacks: DicomStack[]): DicomStack[] {
  const short = (key: string) => key.replace(/\/[0-9a-f]{8}(?=\/|$)/, '');
  const counts = new Map<string, number>();
  for (const { key } of stacks) counts.set(short(key), (counts.get(short(key)) ?? 0) + 1);
  return stacks.map((stack) => {
    const named = stack.seriesUid !== undefined && counts.get(short(stack.key)) === 1;
    return named ? { ...stack, key: short(stack.key) } : stack;
  });
}
