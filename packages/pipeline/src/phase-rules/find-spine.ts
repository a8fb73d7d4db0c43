import { median } from '../collections/median.js';
import type { Volume } from '../volume/volume.js';

/** Where the spine is, in voxels of a volume in LPS order. */
export interface Spine {
  /** Middle plane, x. */
  readonly x: number;
  /** Middle of the bone near the middle plane, y: about the spinal canal. */
  readonly y: number;
}

/** Bone, HU; a vessel full of contrast may reach it, the median does not mind. */
const boneHu = 180;
/** Fewer bone voxels a slice than this (mm2) are no spine. */
const leastBonePerSlice = 250;

/** The spine by the medians of the bone voxels; undefined where there is too little bone. */
export function findSpine(volume: Volume): Spine | undefined {
  const [nx, ny, nz] = volume.size;
  const xs: number[] = [];
  for (let i = 0; i < volume.data.length; i += 1) {
    if ((volume.data[i] as number) > boneHu) xs.push(i % nx);
  }
  const area = volume.spacing[0] * volume.spacing[1];
  if (xs.length * area < leastBonePerSlice * nz) return undefined;
  // Twice: ribs and bowel contrast pull less once only the middle counts.
  let x = median(xs);
  const near = xs.filter((v) => Math.abs(v - x) * volume.spacing[0] < 40);
  if (near.length > 0) x = median(near);
  const ys: number[] = [];
  for (let i = 0; i < volume.data.length; i += 1) {
    if ((volume.data[i] as number) <= boneHu) continue;
    if (Math.abs((i % nx) - x) * volume.spacing[0] < 15) ys.push(Math.floor(i / nx) % ny);
  }
  return ys.length === 0 ? undefined : { x, y: median(ys) };
}
