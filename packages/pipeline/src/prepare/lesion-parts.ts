import { FlcError } from '@flc-native/errors';
import { connectedComponents } from '@flc-native/imaging';
import type { Vector3, Volume } from '../volume/volume.js';

/** Parts of up to this many voxels are specks of the drawing tool, seen in public data sets. */
export const speckVoxels = 10;

/** One lesion in a mask: a binary image of its bounding box. */
export interface LesionPart {
  /** First voxel of the box in the mask's grid, and the size of the box. */
  readonly offset: Vector3;
  readonly size: Vector3;
  /** 1 inside, x fastest. */
  readonly data: Uint8Array;
  readonly voxels: number;
  /** Centre of mass, voxel index in the mask's grid. */
  readonly centroid: Vector3;
}

/**
 * The lesions that a mask holds: the voxels of value `label` (default: any but 0), as one or split
 * by 26-connectivity, the largest first. Split parts of at most {@link speckVoxels} voxels are left
 * out unless there is nothing else; `specks` counts them. DATA_ERROR for an empty result.
 */
export function lesionParts(
  mask: Volume,
  label: number | undefined,
  components: 'split' | 'merge' = 'merge',
): { parts: LesionPart[]; specks: number } {
  const whole = cropLabel(mask, label);
  if (whole === undefined) {
    throw new FlcError('DATA_ERROR', 'the lesion has no voxel in its mask', {
      details: label === undefined ? {} : { label },
      remedy: 'draw the lesion, correct its label, or take it out of dataset.yaml',
    });
  }
  if (components === 'merge') return { parts: [whole], specks: 0 };
  const all = split(whole);
  const large = all.filter((part) => part.voxels > speckVoxels);
  const parts = large.length > 0 ? large : all.slice(0, 1);
  return { parts, specks: all.length - parts.length };
}

/** The bounding box of a label as a part; undefined if no voxel has it. */
export function cropLabel(mask: Volume, label: number | undefined): LesionPart | undefined {
  const [nx, ny, nz] = mask.size;
  const { data } = mask;
  const low = [nx, ny, nz] as [number, number, number];
  const high = [-1, -1, -1] as [number, number, number];
  const isInside = (v: number) => (label === undefined ? v !== 0 : v === label);
  let at = 0;
  for (let z = 0; z < nz; z += 1) {
    for (let y = 0; y < ny; y += 1) {
      for (let x = 0; x < nx; x += 1, at += 1) {
        if (!isInside(data[at] as number)) continue;
        if (x < low[0]) low[0] = x;
        if (x > high[0]) high[0] = x;
        if (y < low[1]) low[1] = y;
        if (y > high[1]) high[1] = y;
        if (z < low[2]) low[2] = z;
        high[2] = z;
      }
    }
  }
  if (high[2] < 0) return undefined;
  const size = [0, 1, 2].map((i) => (high[i] as number) - (low[i] as number) + 1);
  return cropWhere(low, size as unknown as Vector3, (x, y, z) =>
    isInside(data[(z * ny + y) * nx + x] as number),
  );
}

/** Fills a part from a predicate on absolute voxel indices. */
function cropWhere(
  offset: Vector3,
  size: Vector3,
  isInside: (x: number, y: number, z: number) => boolean,
): LesionPart {
  const data = new Uint8Array(size[0] * size[1] * size[2]);
  const sum = [0, 0, 0] as [number, number, number];
  let voxels = 0;
  let at = 0;
  for (let z = 0; z < size[2]; z += 1) {
    for (let y = 0; y < size[1]; y += 1) {
      for (let x = 0; x < size[0]; x += 1, at += 1) {
        if (!isInside(offset[0] + x, offset[1] + y, offset[2] + z)) continue;
        data[at] = 1;
        voxels += 1;
        sum[0] += x;
        sum[1] += y;
        sum[2] += z;
      }
    }
  }
  const centroid = sum.map((s, i) => (offset[i] as number) + s / voxels) as unknown as Vector3;
  return { offset: [...offset], size, data, voxels, centroid };
}

function split(whole: LesionPart): LesionPart[] {
  const { labels, count } = connectedComponents(whole.data, whole.size, 26);
  const [nx, ny] = whole.size;
  const boxes = Array.from({ length: count }, () => ({
    low: [...whole.size] as [number, number, number],
    high: [-1, -1, -1] as [number, number, number],
  }));
  for (let at = 0; at < labels.length; at += 1) {
    const label = labels[at] as number;
    if (label === 0) continue;
    const { low, high } = boxes[label - 1] as (typeof boxes)[number];
    const index = [at % nx, Math.floor(at / nx) % ny, Math.floor(at / (nx * ny))];
    for (let i = 0; i < 3; i += 1) {
      low[i] = Math.min(low[i] as number, index[i] as number);
      high[i] = Math.max(high[i] as number, index[i] as number);
    }
  }
  const [ox, oy, oz] = whole.offset;
  return boxes
    .map(({ low, high }, i) =>
      cropWhere(
        [low[0] + ox, low[1] + oy, low[2] + oz],
        [high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1],
        (x, y, z) => labels[((z - oz) * ny + (y - oy)) * nx + (x - ox)] === i + 1,
      ),
    )
    .sort((a, b) => b.voxels - a.voxels);
}

/** Mask pixels of a part in one slice of the grid. */
export function sliceArea(part: LesionPart, slice: number): number {
  const z = slice - part.offset[2];
  if (z < 0 || z >= part.size[2]) return 0;
  const plane = part.size[0] * part.size[1];
  let area = 0;
  for (let at = z * plane; at < (z + 1) * plane; at += 1) area += part.data[at] as number;
  return area;
}

/** Writes a part's pixels of one slice into a plane of `width` columns, as 1. */
export function paintSlice(
  part: LesionPart,
  slice: number,
  plane: Uint8Array,
  width: number,
): void {
  const z = slice - part.offset[2];
  if (z < 0 || z >= part.size[2]) return;
  const [nx, ny] = part.size;
  for (let y = 0; y < ny; y += 1) {
    const from = (z * ny + y) * nx;
    const to = (part.offset[1] + y) * width + part.offset[0];
    for (let x = 0; x < nx; x += 1) if (part.data[from + x] === 1) plane[to + x] = 1;
  }
}
