import { FlcError } from '@flc-native/errors';
import { compareGrids } from '../volume/geometry.js';
import type { Grid, Vector3, Volume } from '../volume/volume.js';
import { resampledSize, type TargetSpacing } from './plane.js';

/** Header origins of a grid that is the same in truth differ by up to this (MCT-LTDiag). */
export const largestOriginOffset = 5;
/** Part of the smallest spacing by which an origin may be off without a word. */
const silentOriginPart = 0.1;
/** Part of the smallest spacing by which a corner may be off once the first voxels coincide. */
const cornerPart = 0.5;
const largestDirectionDifference = 0.02;

export type GridVerdict = 'same' | 'origin' | 'different';

/**
 * Whether two volumes lie on one grid. `origin`: same size, spacing and direction, first voxels
 * up to 5 mm apart; seen in public data whose phases do match voxel by voxel, so it is a warning
 * and nothing is moved.
 */
export function judgeGrids(reference: Grid, other: Grid): GridVerdict {
  const difference = compareGrids(reference, other);
  const smallest = Math.min(...reference.spacing);
  if (!difference.sameSize || difference.corners > cornerPart * smallest) return 'different';
  if (difference.origin <= silentOriginPart * smallest) return 'same';
  return difference.origin <= largestOriginOffset ? 'origin' : 'different';
}

/** Whether positions of two DICOM images cannot be compared (PS3.3, C.7.4.1). */
export function otherFrame({ frameOfReference: a }: Grid, { frameOfReference: b }: Grid): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

/** GEOMETRY_MISMATCH unless the volumes share a grid; returns a warning for a shifted origin. */
export function requireSameGrid(reference: Volume, other: Volume, what: string): string[] {
  const verdict = judgeGrids(reference, other);
  if (verdict === 'same') {
    return otherFrame(reference, other)
      ? [`${what}: another frame of reference than that of the reference phase`]
      : [];
  }
  const difference = compareGrids(reference, other);
  if (verdict === 'origin') {
    return [`${what}: origin is ${difference.origin.toFixed(1)} mm off; taken as the same grid`];
  }
  throw new FlcError(
    'GEOMETRY_MISMATCH',
    `${what} does not lie on the grid of the reference phase`,
    {
      details: {
        expected: { size: reference.size, spacing: reference.spacing, origin: reference.origin },
        got: { size: other.size, spacing: other.spacing, origin: other.origin },
        directionDifference: difference.direction,
      },
      remedy: 'resample or register it onto the reference phase, or align by centroid of masks',
    },
  );
}

/** Where a phase lies against the reference: lesion centres as voxel indices of each. */
export interface PhaseAlignment {
  readonly referenceCentre: Vector3;
  readonly phaseCentre: Vector3;
}

/** Alignment of a phase on the reference grid itself. */
export const notMoved: PhaseAlignment = { referenceCentre: [0, 0, 0], phaseCentre: [0, 0, 0] };

/** GEOMETRY_MISMATCH if the axes of a phase are turned against the reference. */
export function requireSameDirection(reference: Volume, phase: Volume, what: string): void {
  const { direction } = compareGrids(reference, phase);
  if (direction <= largestDirectionDifference) return;
  throw new FlcError('GEOMETRY_MISMATCH', `${what} is turned against the reference phase`, {
    details: { directionDifference: direction, allowed: largestDirectionDifference },
    remedy: 'resample it onto axes parallel to the reference phase',
  });
}

/** Slice of the phase that belongs to a slice of the reference, kept inside the volume. */
export function phaseSlice(
  reference: Volume,
  phase: Volume,
  alignment: PhaseAlignment,
  slice: number,
): number {
  const millimetres = (slice - alignment.referenceCentre[2]) * reference.spacing[2];
  const wanted = Math.round(alignment.phaseCentre[2] + millimetres / phase.spacing[2]);
  return Math.min(Math.max(wanted, 0), phase.size[2] - 1);
}

/**
 * Whole pixels by which the phase's (resampled) slice is read further right and further down.
 * Whole, so that noise keeps its texture in every phase; the error is at most half a pixel.
 */
export function pixelShift(
  reference: Volume,
  phase: Volume,
  alignment: PhaseAlignment,
  target: TargetSpacing,
): { columnShift: number; rowShift: number; size: [number, number] } {
  const spacing = target ?? alignmentTarget(reference, phase);
  const size = resampledSize(phase, spacing);
  const referenceSize = resampledSize(reference, target);
  const [columnShift, rowShift] = ([0, 1] as const).map((axis) => {
    const there = scaled(alignment.phaseCentre[axis], phase.size[axis], size[axis]);
    const here = scaled(alignment.referenceCentre[axis], reference.size[axis], referenceSize[axis]);
    return Math.round(there - here);
  }) as [number, number];
  return { columnShift, rowShift, size };
}

/** A phase of another pixel size is brought to the reference's; undefined where it has it. */
function alignmentTarget(reference: Volume, phase: Volume): TargetSpacing {
  const same = [0, 1].every((i) => {
    const [a, b] = [reference.spacing[i] as number, phase.spacing[i] as number];
    return Math.abs(a - b) <= 1e-3 * a;
  });
  return same ? undefined : [reference.spacing[0], reference.spacing[1]];
}

/** Index of a pixel centre after a slice was resampled from `from` to `to` pixels. */
function scaled(index: number, from: number, to: number): number {
  return ((index + 0.5) * to) / from - 0.5;
}
