import { FlcError } from '@flc-native/errors';
import { z } from 'zod';

/** How far phases may be moved: as a body, also sheared and scaled, or by a free-form deformation. */
export const registrationMethods = ['rigid', 'affine', 'bspline'] as const;
export type RegistrationMethod = (typeof registrationMethods)[number];

/** Ways to bring phases together: as they lie, by the centres of their masks, or registered. */
export const alignments = ['none', 'centroid', ...registrationMethods] as const;
export type Alignment = (typeof alignments)[number];

/** The method of an alignment that compares images; undefined for the others. */
export function registrationMethod(align: Alignment): RegistrationMethod | undefined {
  return align === 'none' || align === 'centroid' ? undefined : align;
}

const range = z
  .tuple([z.number(), z.number()])
  .refine(([lower, upper]) => lower < upper, 'lower must be below upper');

/**
 * Parameters of registration. The defaults are those that were measured on phantoms
 * (docs/results/registration.md).
 */
export const registrationSchema = z.strictObject({
  margin: z
    .number()
    .min(0)
    .max(200)
    .default(5)
    .describe('mm kept round the liver; the rest is not looked at'),
  lesionMargin: z
    .number()
    .min(0)
    .max(400)
    .default(50)
    .describe('mm kept round the lesions where there is no liver mask'),
  clamp: range
    .nullable()
    .default([-20, 200])
    .describe('values beyond are cut for the comparison only, HU; null: not at all (always in MR)'),
  metricSpacing: z
    .number()
    .min(0.1)
    .max(20)
    .default(3)
    .describe('pixels are averaged to at most this size in plane for the comparison, mm'),
  linearResolutions: z.int().min(1).max(8).default(4).describe('levels of rigid and affine'),
  linearIterations: z.int().min(1).max(10_000).default(256).describe('at each of these levels'),
  resolutions: z.int().min(1).max(8).default(3).describe('levels of the B-spline'),
  iterations: z.int().min(1).max(10_000).default(128).describe('at each of these levels'),
  gridSpacing: z
    .number()
    .min(5)
    .max(300)
    .default(50)
    .describe('distance of the control points of the B-spline, mm'),
  refine: z
    .boolean()
    .default(true)
    .describe('take the mean with a second B-spline found within the liver mask; not without one'),
  samples: z.int().min(64).max(1_000_000).default(2048).describe('points compared an iteration'),
  seed: z.int().min(0).max(2_147_483_647).default(121_212).describe('of the choice of points'),
  interpolation: z
    .enum(['linear', 'nearest'])
    .default('linear')
    .describe('of the moved images; masks always take the nearest voxel'),
  limits: z
    .strictObject({
      determinant: z
        .number()
        .min(0)
        .max(1)
        .default(0.2)
        .describe('smallest Jacobian determinant; below it tissue is nearly crushed'),
      volumeChange: z
        .number()
        .min(0)
        .max(10)
        .default(0.15)
        .describe(
          'the volume of the liver may change by this part; between phases it stays the same',
        ),
      likenessFall: z
        .number()
        .min(0)
        .max(1)
        .default(0.002)
        .describe('normalised mutual information may fall by this; interpolation alone moves it'),
      overlapFall: z
        .number()
        .min(0)
        .max(1)
        .default(0.02)
        .describe('the Dice coefficient of masks may fall by this'),
    })
    .prefault({})
    .describe('a pair beyond one of these gets a warning'),
});

export type RegistrationInput = z.input<typeof registrationSchema>;
export type RegistrationSettings = z.output<typeof registrationSchema>;

/** Fills defaults in. INVALID_CONFIG for an unknown key or a wrong value. */
export function resolveRegistration(input: RegistrationInput = {}): RegistrationSettings {
  const result = registrationSchema.safeParse(input);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${issue.path.join('.') || 'registration'}: ${issue.message}`,
  );
  throw new FlcError('INVALID_CONFIG', `registration: ${problems.join('; ')}`, {
    details: { problems },
    remedy: 'correct the values under "registration" in dataset.yaml',
  });
}
