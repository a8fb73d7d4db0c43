import { patchGrid, patchSize } from '../patch/index.js';
import { voxelToWorld } from '../volume/geometry.js';
import type { Volume } from '../volume/volume.js';
import { phaseSlice, pixelShift } from './align-phases.js';
import { type Box, boundingBox, growBox } from './bounding-box.js';
import { chooseSlices } from './choose-slices.js';
import { type StoredIntensity, toStored } from './intensity.js';
import type { CaseImages, LesionGeometry } from './lesion-geometry.js';
import { type LesionPart, paintSlice } from './lesion-parts.js';
import { type LiverMeanSource, liverPixels, meanOver } from './liver-mean.js';
import {
  cutBox,
  cutMask,
  type Plane,
  resampledSize,
  resampleMask,
  slicePixels,
  type TargetSpacing,
} from './plane.js';
import type { ResolvedPrepareOptions } from './prepare-options.js';

/** One lesion on one slice, cut from every phase. H = h + 2 margin, W = w + 2 margin. */
export interface LesionSample {
  readonly slice: number;
  /** Int16 [P, H, W], stored values (HU for CT). */
  readonly image: Int16Array;
  /** [H, W], 0 or 1. */
  readonly mask: Uint8Array;
  /** [P, H, W], 0 or 1; only where phases have masks of their own. */
  readonly phaseMasks?: Uint8Array;
  readonly shape: readonly [phases: number, height: number, width: number];
  readonly margin: number;
  readonly box: readonly [row: number, column: number, h: number, w: number];
  /** [P, 2], lower and upper in stored values. */
  readonly window: Float32Array;
  /** [P], stored values. */
  readonly liverMean: Float32Array;
  readonly liverMeanSource: LiverMeanSource;
  readonly areaPixels: number;
  /** In plane after resampling, then the distance of slices; mm. */
  readonly spacing: readonly [x: number, y: number, z: number];
  /** Height of the slice in the world (superior), mm. */
  readonly slicePositionMm: number;
  /** For each phase the whole pixels and slices by which it was moved: column, row, slice. */
  readonly phaseShifts: readonly (readonly [number, number, number])[];
  readonly coverage: number;
  readonly coverageLowered: boolean;
}

export interface CutContext {
  readonly images: CaseImages;
  readonly intensities: readonly StoredIntensity[];
  /** All lesions of the case: none of them counts as liver. */
  readonly allLesions: readonly LesionGeometry[];
  readonly options: ResolvedPrepareOptions;
}

/** Cuts the samples of one lesion, one for each chosen slice. */
export function cutSamples(context: CutContext, lesion: LesionGeometry): LesionSample[] {
  return chooseSlices(lesion.part, context.options.slices).map((slice) =>
    cutSample(context, lesion, slice),
  );
}

function cutSample(context: CutContext, lesion: LesionGeometry, slice: number): LesionSample {
  const { images, options, intensities } = context;
  const reference = images.phases[images.reference] as Volume;
  const { margin, inPlaneSpacing } = options;
  const target: TargetSpacing =
    inPlaneSpacing === undefined ? undefined : [inPlaneSpacing, inPlaneSpacing];
  const size = resampledSize(reference, target);
  const [width, height] = size;
  const drawn = drawParts([lesion.part], slice, reference, size);
  const box = growBox(boundingBox(drawn, width, height) as Box, patchSize, width, height);
  const planes = images.phases.map((phase, i) => {
    const alignment = lesion.alignments[i] as LesionGeometry['alignments'][number];
    const shift = pixelShift(reference, phase, alignment, target);
    const at = phaseSlice(reference, phase, alignment, slice);
    const plane = toPlane(slicePixels(phase, at, shift.size), shift);
    const part = lesion.phaseParts[i];
    const own = part === undefined ? undefined : drawParts([part], at, phase, shift.size);
    return {
      plane,
      mask: own === undefined ? undefined : toPlane(own, shift),
      shift: [shift.columnShift, shift.rowShift, at - slice] as const,
    };
  });
  const masks = drawParts(
    context.allLesions.map((other) => other.part),
    slice,
    reference,
    size,
  );
  const liver = images.liver === undefined ? undefined : liverSlice(images.liver, slice, size);
  const { pixels, source } = liverPixels(drawn, masks, liver, box, width, height);
  const unmoved = { width, height, rowShift: 0, columnShift: 0 };
  const mask = cutMask({ data: drawn, ...unmoved }, box, margin);
  const roi = cutMask({ data: drawn, ...unmoved }, box, 0);
  const grid = patchGrid(roi, box.h, box.w, 1, options.coverage);
  const stored = planes.map(({ plane }, i) =>
    toStored(cutBox(plane, box, margin), intensities[i] as StoredIntensity),
  );
  const means = planes.map(({ plane }, i) => {
    const { offset, scale } = intensities[i] as StoredIntensity;
    return (meanOver(plane, pixels, width) - offset) * scale;
  });
  const hasPhaseMasks = planes.some((entry) => entry.mask !== undefined);
  return {
    slice,
    image: joined(stored, Int16Array),
    mask,
    ...(hasPhaseMasks && {
      phaseMasks: joined(
        planes.map((entry) => (entry.mask === undefined ? mask : cutMask(entry.mask, box, margin))),
        Uint8Array,
      ),
    }),
    shape: [planes.length, box.h + 2 * margin, box.w + 2 * margin],
    margin,
    box: [box.row, box.column, box.h, box.w],
    window: Float32Array.from(intensities.flatMap((intensity) => intensity.window)),
    liverMean: Float32Array.from(means),
    liverMeanSource: source,
    areaPixels: drawn.reduce((sum, v) => sum + v, 0),
    spacing: [
      (reference.spacing[0] * reference.size[0]) / width,
      (reference.spacing[1] * reference.size[1]) / height,
      reference.spacing[2],
    ],
    slicePositionMm: slicePosition(reference, box, size, slice),
    phaseShifts: planes.map((entry) => entry.shift),
    coverage: grid.coverage,
    coverageLowered: grid.lowered,
  };
}

function toPlane(
  data: Plane['data'],
  shift: { rowShift: number; columnShift: number; size: readonly [number, number] },
): Plane {
  const [width, height] = shift.size;
  return { data, width, height, rowShift: shift.rowShift, columnShift: shift.columnShift };
}

/** A slice of lesions as a plane of 0 and 1 in the (resampled) slice of a volume. */
function drawParts(
  parts: readonly LesionPart[],
  slice: number,
  volume: Volume,
  size: readonly [number, number],
): Uint8Array {
  const [nx, ny] = volume.size;
  const plane = new Uint8Array(nx * ny);
  for (const part of parts) paintSlice(part, slice, plane, nx);
  return resampleMask(plane, [nx, ny], size);
}

function liverSlice(liver: Volume, slice: number, size: readonly [number, number]): Uint8Array {
  const [nx, ny] = liver.size;
  const view = liver.data.subarray(slice * nx * ny, (slice + 1) * nx * ny);
  return resampleMask(
    Uint8Array.from(view, (v) => (v === 0 ? 0 : 1)),
    [nx, ny],
    size,
  );
}

/** Height of the slice at the middle of the box: in an oblique grid it varies over the slice. */
function slicePosition(
  reference: Volume,
  box: Box,
  size: readonly [number, number],
  slice: number,
): number {
  const x = ((box.column + box.w / 2) * reference.size[0]) / size[0] - 0.5;
  const y = ((box.row + box.h / 2) * reference.size[1]) / size[1] - 0.5;
  return voxelToWorld(reference, [x, y, slice])[2];
}

function joined<T extends Int16Array | Uint8Array>(
  parts: readonly T[],
  array: new (length: number) => T,
): T {
  const out = new array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
