import { type LesionPart, sliceArea } from './lesion-parts.js';
import type { SliceChoice } from './prepare-options.js';

/**
 * Slices of a lesion that become samples, ascending. Every n-th counts from the slice with the
 * largest area, so that this one is always among them; of equal areas the lowest slice is taken.
 */
export function chooseSlices(part: LesionPart, choice: SliceChoice): number[] {
  const first = part.offset[2];
  const areas = Array.from({ length: part.size[2] }, (_, i) => sliceArea(part, first + i));
  const largest = areas.indexOf(Math.max(...areas));
  if (choice === 'largest') return [first + largest];
  const every = choice === 'all' ? 1 : choice.every;
  return areas.flatMap((area, i) =>
    area > 0 && Math.abs(i - largest) % every === 0 ? [first + i] : [],
  );
}
