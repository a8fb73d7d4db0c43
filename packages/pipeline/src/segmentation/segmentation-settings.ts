import { FlcError } from '@flc-native/errors';
import { z } from 'zod';

/**
 * Parameters of segmentation. The defaults are those that were measured on phantoms (docs/results/segmentation.md).
 */
const settingsSchema = z.strictObject({
  beta: z
    .number()
    .min(0)
    .max(1e6)
    .default(0.3)
    .describe('how much a difference hinders the walk; differences count in units of the noise'),
  smoothing: z
    .number()
    .min(0)
    .max(20)
    .default(1)
    .describe('Gaussian filter in plane before differences are taken, mm'),
  prior: z
    .number()
    .min(0)
    .max(1e3)
    .default(1)
    .describe('how much a voxel goes by its own values against those of the seeds; 0: not at all'),
  priorSmoothing: z
    .number()
    .min(0)
    .max(20)
    .default(2)
    .describe('Gaussian filter in plane before values are compared with those of the seeds, mm'),
  expected: z
    .number()
    .min(0.01)
    .max(0.99)
    .default(0.5)
    .describe('probability of the lesion before values are looked at'),
  compact: z
    .number()
    .min(0)
    .max(100)
    .default(8)
    .describe('how much a voxel goes by the ellipsoid that fits the rest; 0: not at all'),
  margin: z
    .number()
    .min(0)
    .max(500)
    .default(12)
    .describe('mm kept round the seeds in plane; the rest is not looked at'),
});

export type SegmentationInput = z.input<typeof settingsSchema>;
export type SegmentationSettings = z.output<typeof settingsSchema>;

/** Fills defaults in. INVALID_CONFIG for an unknown key or a wrong value. */
export function resolveSegmentation(input: SegmentationInput = {}): SegmentationSettings {
  const result = settingsSchema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'segmentation'}: ${issue.message}`,
  );
  throw new FlcError('INVALID_CONFIG', `segmentation: ${problems.join('; ')}`, {
    details: { problems },
    remedy: 'correct the named values',
  });
}
