import { FlcError } from '@flc-native/errors';
import { median } from '../collections/median.js';
import { reorientToLps, sameGrid } from '../volume/geometry.js';
import type { Volume } from '../volume/volume.js';

export const organs = ['aorta', 'portal', 'liver'] as const;
export type OrganName = (typeof organs)[number];

/** One organ in a mask; without `label` every value but 0 belongs to it. */
export interface OrganMask {
  readonly mask: Volume;
  readonly label?: number | undefined;
}
export type OrganMasks = Readonly<Partial<Record<OrganName, OrganMask>>>;

/** Median HU of organs, as far as they are known. */
export type OrganHu = Readonly<Partial<Record<OrganName, number>>>;

/**
 * Labels of TotalSegmentator's task `total`. Version 1 has 104 classes, version 2 has 117:
 * https://github.com/wasserth/TotalSegmentator, class_details.
 */
export const totalSegmentatorLabels = {
  v1: { liver: 5, aorta: 7, portal: 9 },
  v2: { liver: 5, aorta: 52, portal: 64 },
} as const;

/** Organs of a TotalSegmentator label image (multi-label NIfTI). */
export function totalSegmentatorOrgans(labels: Volume, version: 'v1' | 'v2' = 'v2'): OrganMasks {
  const found = totalSegmentatorLabels[version];
  return Object.fromEntries(organs.map((organ) => [organ, { mask: labels, label: found[organ] }]));
}

/** Fewer voxels than this say nothing. */
const fewestVoxels = 20;

/**
 * Median HU of each organ, of the voxels whose neighbours in the slice belong to it too (so that
 * the rim does not count), or of all where that leaves too few. GEOMETRY_MISMATCH if a mask does
 * not lie on the image's grid.
 */
export function organHu(image: Volume, masks: OrganMasks): OrganHu {
  const volume = reorientToLps(image);
  const means: Partial<Record<OrganName, number>> = {};
  for (const organ of organs) {
    const given = masks[organ];
    if (given === undefined) continue;
    // The same grid may be stored with its axes in another order.
    const entry = { ...given, mask: reorientToLps(given.mask) };
    if (!sameGrid(volume, entry.mask, 0.5 * Math.min(...volume.spacing))) {
      throw new FlcError('GEOMETRY_MISMATCH', `the mask of the ${organ} is on another grid`, {
        details: { expected: volume.size, got: entry.mask.size },
        remedy: 'give masks on the grid of the image',
      });
    }
    const core = voxelsOf(volume, entry, true);
    const values = core.length >= fewestVoxels ? core : voxelsOf(volume, entry, false);
    if (values.length >= fewestVoxels) means[organ] = median(values);
  }
  return means;
}

function voxelsOf(volume: Volume, { mask, label }: OrganMask, core: boolean): number[] {
  const [nx, ny] = mask.size;
  const isIn = (i: number) => (label === undefined ? mask.data[i] !== 0 : mask.data[i] === label);
  const values: number[] = [];
  for (let i = 0; i < mask.data.length; i += 1) {
    if (!isIn(i)) continue;
    const [x, y] = [i % nx, Math.floor(i / nx) % ny];
    if (core) {
      if (x === 0 || y === 0 || x === nx - 1 || y === ny - 1) continue;
      if (!isIn(i - 1) || !isIn(i + 1) || !isIn(i - nx) || !isIn(i + nx)) continue;
    }
    values.push(volume.data[i] as number);
  }
  return values;
}
