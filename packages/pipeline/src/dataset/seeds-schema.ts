import { z } from 'zod';

const coordinate = z.number().refine(Number.isFinite, 'must be finite');
const point = z
  .tuple([coordinate, coordinate, coordinate])
  .describe('a point: x, y, z in mm, LPS (DICOM) world');
const stroke = z.array(point).min(2).max(10_000).describe('a stroke: straight from point to point');
const marks = z
  .array(z.union([point, stroke]))
  .min(1)
  .max(10_000);

/** Points and strokes of a person, in world coordinates. */
export const seedMarks = z.strictObject({
  lesion: marks.describe('points and strokes inside the lesion'),
  surroundings: marks.describe('points and strokes on what is not the lesion, round it'),
});

export type SeedMarks = z.output<typeof seedMarks>;
export type SeedPoint = z.output<typeof point>;

/** Whether marks are given, not a map of phases. */
export function isSeedMarks(seeds: object): seeds is SeedMarks {
  return Object.hasOwn(seeds, 'lesion') && Array.isArray((seeds as SeedMarks).lesion);
}
