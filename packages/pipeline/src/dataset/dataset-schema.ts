import { z } from 'zod';
import { registrationSchema } from '../registration/registration-settings.js';
import { canonicalName } from './pseudonym.js';
import { isSeedMarks, seedMarks } from './seeds-schema.js';

const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'a path must not contain NUL')
  .describe('path, relative to the folder of dataset.yaml');

/** A DICOM series below a folder, or in a multi-frame file. */
const dicomImage = z.strictObject({
  dicom: path.describe('folder of a study or series (any depth), or a multi-frame file'),
  series: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .describe('SeriesInstanceUID or key of the stack; may be left out where there is one stack'),
  acquisition: z
    .int()
    .optional()
    .describe('AcquisitionNumber, or the rank in time where the number does not tell them apart'),
});
const imageSource = z.union([path, dicomImage]).describe('a volume file, or a DICOM series');

/** A mask of a DICOM segmentation or structure set, placed by geometry. */
const dicomMask = z.strictObject({
  dicom: path.describe('DICOM segmentation (SEG) or structure set (RTSTRUCT)'),
  segment: z
    .union([z.int().min(0), z.string().min(1).max(256)])
    .optional()
    .describe('number, label or code meaning of the segment; may be left out where there is one'),
  roi: z
    .union([z.int(), z.string().min(1).max(256)])
    .optional()
    .describe('number or name of the region; may be left out where there is one'),
});
const maskSource = z
  .union([path, dicomMask])
  .describe('a mask file, a segment of a DICOM SEG or a region of an RTSTRUCT');

const seedSource = z
  .union([path, seedMarks])
  .describe('a label image (1 lesion, 2 and more surroundings), or points and strokes');

/** Names may be numbers (of YAML: as they are written); they are text here. */
const name = z
  .union([z.string().min(1).max(256), z.number()])
  .transform((written) => canonicalName(String(written)))
  .refine((text) => text !== '', 'must not be blank')
  .describe('a name; only its pseudonym leaves this file');

/** Phase and class names appear in every output, so they are short and plain. */
const phaseName = z
  .string()
  .regex(/^[A-Za-z0-9 _.+-]{1,32}$/, 'letters, digits, space and _.+- only');
const className = z
  .string()
  .regex(/^[\p{L}\p{N} _.+-]{1,64}$/u, 'letters, digits, space and _.+- only');

const number = z.number().refine(Number.isFinite, 'must be finite');
const ascending = (pair: readonly [number, number]) => pair[0] < pair[1];

export const intensitySchema = z
  .strictObject({
    window: z
      .tuple([number, number])
      .refine(ascending, 'lower must be below upper')
      .optional()
      .describe('lower and upper HU; CT'),
    percentile: z
      .tuple([number.min(0).max(100), number.min(0).max(100)])
      .refine(ascending, 'lower must be below upper')
      .optional()
      .describe('lower and upper percentile of each phase; MR'),
  })
  .refine(
    (value) => (value.window === undefined) !== (value.percentile === undefined),
    'give either window or percentile',
  );

export const lesionSchema = z.strictObject({
  mask: z
    .union([maskSource, z.record(phaseName, maskSource)])
    .optional()
    .describe('one mask on the reference phase, or one for each phase'),
  seeds: z
    .union([seedSource, z.record(phaseName, seedSource)])
    .optional()
    .describe('what segment starts from: one for all phases, or one for each phase'),
  label: z.int().min(1).optional().describe('voxel value of this lesion; default: any but 0'),
  components: z
    .enum(['split', 'merge'])
    .optional()
    .describe('whether separate parts of the mask are lesions of their own; default merge'),
  class: className.nullish().describe('class of the lesion; may be missing'),
});

export const caseSchema = z.strictObject({
  id: name,
  patient: name,
  studyDate: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/, 'must be YYYY-MM-DD')
    .optional(),
  phases: z.record(phaseName, imageSource).describe('phase -> image'),
  liver: maskSource.optional().describe('liver mask on the reference phase'),
  lesions: z.array(lesionSchema).max(1000),
});

export const datasetSchema = z.strictObject({
  format: z.literal('flc-dataset'),
  version: z.literal(1),
  modality: z.enum(['CT', 'MR']),
  intensity: intensitySchema.optional().describe('default: window -70..180 (CT), 0.5..99.5 % (MR)'),
  phases: z.array(phaseName).min(1).max(16),
  reference: phaseName.describe('the phase on which masks are drawn'),
  classes: z.array(className).min(1).max(255),
  inPlaneSpacing: number.min(0.05).max(20).optional().describe('mm; slices are resampled to it'),
  registration: registrationSchema
    .optional()
    .describe('how phases are moved onto the reference by register and prepare --align'),
  pseudonymKey: path
    .optional()
    .describe('file with the secret under which pseudonyms are made; stays with you'),
  synthetic: z.boolean().optional().describe('true for phantoms; carried into every result'),
  cases: z.array(caseSchema).max(1_000_000),
});

/** What dataset.yaml holds, as written. */
export type DatasetInput = z.input<typeof datasetSchema>;
export type DatasetConfig = z.output<typeof datasetSchema>;
export type DatasetCase = z.output<typeof caseSchema>;
export type DatasetLesion = z.output<typeof lesionSchema>;
export type ImageSource = z.output<typeof imageSource>;
export type MaskSource = z.output<typeof maskSource>;
export type SeedSource = z.output<typeof seedSource>;
export type Intensity = z.output<typeof intensitySchema>;

/** Whether a mask of dataset.yaml is one mask, not one for each phase. */
export function isSingleMask(mask: NonNullable<DatasetLesion['mask']>): mask is MaskSource {
  return typeof mask === 'string' || typeof (mask as { dicom?: unknown }).dicom === 'string';
}

/** Whether seeds of dataset.yaml are one for all phases, not one for each. */
export function isSingleSeeds(seeds: NonNullable<DatasetLesion['seeds']>): seeds is SeedSource {
  return typeof seeds === 'string' || isSeedMarks(seeds);
}

/** JSON Schema (2020-12) of dataset.yaml, for editors. */
export function datasetJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(datasetSchema, { io: 'input' });
  return { title: 'flc-native dataset.yaml', ...schema };
}

/** Keys that are allowed at a place of dataset.yaml; none where keys are free. */
export function knownKeys(place: readonly PropertyKey[]): readonly string[] {
  const [top, , second] = place;
  if (place.length === 0) return Object.keys(datasetSchema.shape);
  if (top === 'registration') return Object.keys(registrationSchema.shape);
  if (top === 'intensity') return Object.keys(intensitySchema.shape);
  if (top === 'cases' && place.length === 2) return Object.keys(caseSchema.shape);
  if (top === 'cases' && second === 'phases') return Object.keys(dicomImage.shape);
  if (top === 'cases' && (second === 'liver' || place.includes('mask'))) {
    return Object.keys(dicomMask.shape);
  }
  if (top === 'cases' && place.includes('seeds')) return Object.keys(seedMarks.shape);
  if (top === 'cases' && second === 'lesions') return Object.keys(lesionSchema.shape);
  return [];
}
