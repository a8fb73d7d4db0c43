import { FlcError } from '@flc-native/errors';
import { z } from 'zod';
import { intensitySchema } from '../dataset/dataset-schema.js';
import { alignments, registrationSchema } from '../registration/registration-settings.js';

/** Version of the layout of prepared/; a reader refuses any other. */
export const preparedVersion = 1;
export const caseFormat = 'flc-prepared-case';

const hex = z.string().regex(/^[0-9a-f]{12}$/);
const count = z.int().min(0);
const caseFile = z.string().regex(/^cases\/[0-9a-f]{12}\.safetensors$/);

export const preparedSampleSchema = z.object({
  id: z.string(),
  caseId: hex,
  patientId: hex,
  lesionId: z.string(),
  class: z.string().nullable(),
  slice: count,
  file: caseFile,
  key: z.string(),
  box: z.tuple([z.int(), z.int(), z.int().min(7), z.int().min(7)]),
  areaPixels: count,
  spacing: z.tuple([z.number(), z.number(), z.number()]),
  slicePositionMm: z.number(),
  coverage: z.number().min(0).max(1),
  coverageLowered: z.boolean(),
  /** Column, row and slice by which each phase was moved; whole pixels of the prepared slice. */
  phaseShifts: z.array(z.tuple([z.int(), z.int(), z.int()])).optional(),
  liverMeanSource: z.enum(['liver', 'ring', 'slice']),
});

/** An input of a case: its part in the case, never its path. */
export const inputStampSchema = z.object({
  role: z.string(),
  bytes: count,
  /** Hash of path, size, times and inode; blank in earlier files. Where it differs, `sha256` decides. */
  witness: z.string().default(''),
  sha256: z.string(),
});

export const preparedCaseSchema = z.object({
  caseId: hex,
  patientId: hex,
  file: caseFile,
  /** Hash of everything that the file depends on. */
  key: z.string(),
  /** Hash of what it depends on besides the contents of the inputs. */
  settings: z.string(),
  inputs: z.array(inputStampSchema),
  warnings: z.array(z.string()),
});

/** What the safetensors file of a case says about itself (`__metadata__.record`). */
export const caseRecordSchema = z.object({
  case: preparedCaseSchema,
  samples: z.array(preparedSampleSchema),
});

export const preparedIndexSchema = z.object({
  format: z.literal('flc-prepared'),
  version: z.literal(preparedVersion),
  synthetic: z.boolean(),
  modality: z.enum(['CT', 'MR']),
  phases: z.array(z.string()),
  reference: z.string(),
  classes: z.array(z.string()),
  margin: count,
  background: z.enum(['lower', 'zero', 'keep']),
  intensity: intensitySchema,
  slices: z.union([z.enum(['largest', 'all']), z.object({ every: z.int().min(1) })]),
  align: z.enum(alignments),
  /** Parameters, where phases were registered. */
  registration: registrationSchema.optional(),
  inPlaneSpacing: z.number().nullable(),
  coverage: z.number(),
  samples: z.array(preparedSampleSchema),
  cases: z.array(preparedCaseSchema),
});

export type PreparedSample = z.output<typeof preparedSampleSchema>;
export type PreparedCase = z.output<typeof preparedCaseSchema>;
export type InputStamp = z.output<typeof inputStampSchema>;
export type CaseRecord = z.output<typeof caseRecordSchema>;
export type PreparedIndex = z.output<typeof preparedIndexSchema>;

/** Checks parsed index.json. DATA_ERROR for another format or version, or damaged content. */
export function parsePreparedIndex(raw: unknown, file: string): PreparedIndex {
  const head = z.object({ format: z.string(), version: z.number() }).safeParse(raw);
  if (!head.success || head.data.format !== 'flc-prepared') {
    throw refused('not an index of prepared lesions', { file });
  }
  if (head.data.version !== preparedVersion) {
    throw refused('prepared by another version of the layout', {
      file,
      expected: preparedVersion,
      got: head.data.version,
    });
  }
  const result = preparedIndexSchema.safeParse(raw);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw refused(`index.json is damaged at ${issue?.path.join('.')}: ${issue?.message}`, { file });
}

function refused(message: string, details: Record<string, unknown>): FlcError {
  return new FlcError('DATA_ERROR', message, { details, remedy: 'run prepare again' });
}
