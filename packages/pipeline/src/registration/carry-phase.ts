import { join } from 'node:path';
import { writeFileAtomic } from '../storage/atomic-file.js';
import type { Vector3, Volume } from '../volume/volume.js';
import { applyTransform } from './apply-transform.js';
import { centroidShift } from './centroid-shift.js';
import { checkerboard } from './checkerboard.js';
import { type RegistrationQuality, registrationQuality } from './quality.js';
import { boxOfMasks, type VoxelBox } from './region.js';
import { registerVolumes, registrationRegion, requireCovered } from './register-volumes.js';
import {
  type Alignment,
  type RegistrationSettings,
  registrationMethod,
} from './registration-settings.js';
import { identityTransform, type SpatialTransform } from './spatial-transform.js';
import { storedTransform, transformKey, writeTransform } from './transform-file.js';

/** Voxels of a CT that the phase does not show are air, HU. */
export const airValue = -1024;

/** A lesion's masks: on the reference phase, and on the phase itself where one was drawn. */
export interface CarriedLesion {
  readonly key: string;
  readonly label: number | undefined;
  readonly fixed: Volume | undefined;
  readonly moving: Volume | undefined;
}

/** A phase of a case and what moves with it; all volumes in LPS order. */
export interface PhasePair {
  readonly caseId: string;
  readonly phase: string;
  readonly modality: 'CT' | 'MR';
  readonly fixed: Volume;
  readonly moving: Volume;
  readonly liver: Volume | undefined;
  readonly lesions: readonly CarriedLesion[];
  readonly method: Alignment;
  readonly settings: RegistrationSettings;
}

export interface CarriedPhase {
  /** The phase on the grid of the reference. */
  readonly image: Volume;
  /** Its masks on that grid, by lesion. */
  readonly masks: ReadonlyMap<string, Volume>;
  readonly transform: SpatialTransform;
  readonly quality: RegistrationQuality;
  /** What the registration took, now or when it was made. */
  readonly seconds: number;
  /** True if the transform was at hand. */
  readonly reused: boolean;
}

const notShifted = 'no lesion has masks on both phases, so the phase stays where it lies';

/** Rejects with FlcError where the phase cannot be moved. */
async function findTransform(
  pair: PhasePair,
  masks: readonly Volume[],
  region: VoxelBox,
): Promise<{ transform: SpatialTransform; seconds: number }> {
  const method = registrationMethod(pair.method);
  if (method !== undefined) return registerVolumes({ ...pair, method, lesions: masks });
  const shift = pair.method === 'centroid' ? centroidShift(pair.lesions) : undefined;
  if (shift === undefined) requireCovered(pair.fixed, pair.moving, region);
  return { transform: shift ?? identityTransform, seconds: 0 };
}

/** Where what belongs to a phase is kept: `<folder>/<case>/<phase>` with an ending. */
export function phaseFile(folder: string, caseId: string, phase: string, ending: string): string {
  return join(folder, caseId, `${phase}${ending}`);
}

/**
 * Moves a phase and its masks onto the reference phase. The transform is taken from `folder` if it was found for the
 * same images and parameters, else made and kept there with its picture; without `folder` nothing is written. Rejects
 * with FlcError.
 */
export async function carryPhase(pair: PhasePair, folder?: string): Promise<CarriedPhase> {
  const { fixed, moving, liver, settings, method, modality } = pair;
  const masks = pair.lesions.flatMap((lesion) => lesion.fixed ?? []);
  const region = registrationRegion(fixed, liver, masks, settings);
  const file = (ending: string) => phaseFile(folder ?? '', pair.caseId, pair.phase, ending);
  const key = transformKey(fixed, moving, liver, region, method, settings, modality);
  // A transform by masks costs nothing, and the key knows no masks.
  const stored =
    folder === undefined || registrationMethod(method) === undefined
      ? undefined
      : await storedTransform(file('.transform.json'), key);
  const found = stored ?? (await findTransform(pair, masks, region));
  const transform = found.transform as SpatialTransform;
  const { seconds } = found;
  const onto = (volume: Volume, by: SpatialTransform, mask: boolean) =>
    applyTransform({
      moving: volume,
      transform: by,
      onto: fixed,
      interpolation: mask ? 'nearest' : settings.interpolation,
      fill: mask || modality === 'MR' ? 0 : airValue,
    });
  const carried = pair.lesions.flatMap(({ key: lesion, label, fixed: drawn, moving: mask }) =>
    mask === undefined ? [] : [{ lesion, label, drawn, mask, after: onto(mask, transform, true) }],
  );
  const measured = registrationQuality({
    ...{ fixed, moving, transform, region, method, settings, modality },
    liver: liver !== undefined && boxOfMasks([liver]) !== undefined ? liver : undefined,
    masks: carried.flatMap(({ lesion, label, drawn, mask, after }) =>
      drawn === undefined
        ? []
        : [{ lesion, label, fixed: drawn, before: onto(mask, identityTransform, true), after }],
    ),
  });
  const quality =
    method === 'centroid' && transform.stages.length === 0
      ? { ...measured, warnings: [notShifted, ...measured.warnings] }
      : measured;
  const image = onto(moving, transform, false);
  if (folder !== undefined) {
    const picture = checkerboard({
      ...{ fixed, region, after: image },
      before: onto(moving, identityTransform, false),
      centre: centreOf(boxOfMasks(masks) ?? region),
      window: (modality === 'CT' ? settings.clamp : null) ?? extremes(fixed),
    });
    const record = { format: 'flc-registration-quality', caseId: pair.caseId, phase: pair.phase };
    const text = JSON.stringify({ ...record, key, ...quality, seconds }, null, 1);
    await writeFileAtomic(file('.png'), picture);
    await writeFileAtomic(file('.quality.json'), `${text}\n`);
    // Last, so that whoever finds a transform finds the rest too.
    if (stored === undefined) {
      await writeTransform(file('.transform.json'), { key, method, seconds, transform });
    }
  }
  return {
    ...{ image, transform, quality },
    masks: new Map(carried.map(({ lesion, after }) => [lesion, after])),
    seconds,
    reused: stored !== undefined,
  };
}

function centreOf({ low, high }: VoxelBox): Vector3 {
  return low.map((v, i) => Math.floor((v + (high[i] as number)) / 2)) as unknown as Vector3;
}

function extremes({ data }: Volume): [number, number] {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return [lowest, Math.max(highest, lowest + 1)];
}
