import { readVolume } from '../volume/read-volume.js';

/** More values than a mask has; the file is an image then. */
const mostLabels = 64;

/**
 * Values in a mask file but 0, ascending; undefined if it cannot be read or is no mask, which
 * `check` will tell in full.
 */
export async function labelsInMask(file: string): Promise<number[] | undefined> {
  const mask = await readVolume(file).catch(() => undefined);
  if (mask === undefined) return undefined;
  const labels = new Set<number>();
  for (const value of mask.data) {
    if (value === 0 || labels.has(value)) continue;
    labels.add(value);
    if (labels.size > mostLabels || !Number.isInteger(value) || value < 0) return undefined;
  }
  return [...labels].sort((a, b) => a - b);
}
