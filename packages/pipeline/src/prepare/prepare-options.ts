import { FlcError, suggest } from '@flc-native/errors';
import { z } from 'zod';
import { alignments, registrationSchema } from '../registration/registration-settings.js';

/** Which slices of a lesion become samples: every n-th counts from the largest. */
const slices = z.union([
  z.enum(['largest', 'all']),
  z.strictObject({ every: z.int().min(1).max(1000) }),
]);

const schema = z.strictObject({
  slices: slices.default('largest'),
  align: z.enum(alignments).default('none'),
  registration: registrationSchema.optional(),
  transforms: z.string().min(1).optional(),
  background: z.enum(['lower', 'zero', 'keep']).default('lower'),
  inPlaneSpacing: z.number().min(0.05).max(20).optional(),
  margin: z.int().min(0).max(256).default(16),
  coverage: z.number().min(0).max(1).default(0.9),
  workers: z.int().min(0).max(256).optional(),
  memory: z.number().min(0.1).optional(),
  shard: z
    .strictObject({ index: z.int().min(1), count: z.int().min(1) })
    .refine(({ index, count }) => index <= count, 'index must not be above count')
    .optional(),
});

/**
 * How lesions are cut. `inPlaneSpacing` in mm (default: dataset.yaml's, else none), `margin` in
 * pixels, `coverage` the part of a patch that must lie in the mask, `workers` threads (default: one
 * a core; 0 works in the calling thread), `memory` what they may take together where phases are registered, GiB (default:
 * four fifths of what is free), `registration` its parameters (default: dataset.yaml's) and `transforms` the
 * folder where they are kept (default: `registration` in the output). `shard` does every count-th case, from the
 * index-th on (from 1), and leaves the index to a later run without it, which finds them done.
 */
export type PrepareOptions = z.input<typeof schema>;
export type ResolvedPrepareOptions = z.output<typeof schema>;
export type SliceChoice = z.output<typeof slices>;

/** Fills defaults in. INVALID_CONFIG for an unknown key (with a suggestion) or a wrong value. */
export function resolvePrepareOptions(options: PrepareOptions = {}): ResolvedPrepareOptions {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [`${issue.path.join('.')}: ${issue.message}`];
    return issue.keys.map((key) => {
      const near = suggest(key, Object.keys(schema.shape));
      return `unknown key "${key}"${near === undefined ? '' : `, did you mean "${near}"?`}`;
    });
  });
  throw new FlcError('INVALID_CONFIG', `options of prepare: ${problems.join('; ')}`, {
    details: { problems },
  });
}
