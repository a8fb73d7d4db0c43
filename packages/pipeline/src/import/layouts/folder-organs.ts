import {
  type OrganHu,
  type OrganMask,
  type OrganName,
  organHu,
  totalSegmentatorOrgans,
} from '../../phase-rules/organ-hu.js';
import { sameGrid } from '../../volume/geometry.js';
import { readGrid } from '../../volume/read-grid.js';
import { readVolume } from '../../volume/read-volume.js';
import { stemOf } from '../source-tree.js';

/** Names of a label image with many organs, as TotalSegmentator writes it with `--ml`. */
const labelImage = /^(total|totalsegmentator|organs?|total_?seg.*)$/i;

/** Organ of a file with one organ, as TotalSegmentator names them. */
function organOf(file: string): OrganName | undefined {
  const stem = stemOf(file);
  if (/^aorta/i.test(stem)) return 'aorta';
  if (/^portal_?vein/i.test(stem)) return 'portal';
  return /^(liver|leber)/i.test(stem) ? 'liver' : undefined;
}

/**
 * HU of aorta, portal vein and liver of an image from the organ masks of its case; undefined where
 * no mask lies on the image's grid (they were drawn on another phase).
 */
export async function folderOrganHu(
  image: string,
  masks: readonly string[],
): Promise<OrganHu | undefined> {
  const grid = await readGrid(image).catch(() => undefined);
  if (grid === undefined) return undefined;
  const fitting: string[] = [];
  for (const mask of masks) {
    const other = await readGrid(mask).catch(() => undefined);
    if (other !== undefined && sameGrid(grid, other, 0.5)) fitting.push(mask);
  }
  const labels = fitting.find((file) => labelImage.test(stemOf(file)));
  const single = fitting.filter((file) => organOf(file) !== undefined);
  if (labels === undefined && single.length === 0) return undefined;
  const volume = await readVolume(image);
  if (labels !== undefined)
    return organHu(volume, totalSegmentatorOrgans(await readVolume(labels)));
  const found: Partial<Record<OrganName, OrganMask>> = {};
  for (const file of single) found[organOf(file) as OrganName] = { mask: await readVolume(file) };
  return organHu(volume, found);
}
