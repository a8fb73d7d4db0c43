import { readFile, stat } from 'node:fs/promises';
import { FlcError } from '@flc-native/errors';
import { z } from 'zod';
import { ioError } from '../storage/atomic-file.js';

/** Classes of LLD-MMRI by index, as its README lists them. */
const classes = ['hemangioma', 'ICC', 'abscess', 'metastasis', 'cyst', 'FNH', 'HCC'] as const;

const number = z.coerce.number();
const flatBox = z.object({ x_min: number, y_min: number, x_max: number, y_max: number });
const sliceBox = flatBox.extend({ slice_idx: number });
const solidBox = flatBox.extend({ z_min: number, z_max: number });
const lesionSchema = z.object({
  category: number,
  bbox: z.object({
    '3D_box': solidBox.nullish(),
    '2D_box': z.array(sliceBox).nullish(),
  }),
});
const annotationSchema = z.object({
  Annotation_info: z.record(
    z.string(),
    z.array(
      z.object({
        studyUID: z.coerce.string().nullish(),
        seriesUID: z.coerce.string().nullish(),
        phase: z.string(),
        annotation: z.object({
          lesion: z.union([z.record(z.string(), lesionSchema), z.array(lesionSchema)]),
        }),
      }),
    ),
  ),
});

export type SliceBox = z.output<typeof sliceBox>;
export type SolidBox = z.output<typeof solidBox>;

/** A lesion in one sequence. Boxes are voxel indices of the file, upper x and y excluded. */
export interface BoxedLesion {
  readonly index: string;
  readonly class: string | undefined;
  readonly slices: readonly SliceBox[];
  readonly solid: SolidBox | undefined;
}

export interface BoxedSeries {
  readonly patient: string;
  readonly study: string;
  readonly series: string;
  readonly phase: string;
  readonly lesions: readonly BoxedLesion[];
}

export interface LldAnnotation {
  readonly series: readonly BoxedSeries[];
  /** Class of a patient; undefined if none or several are stated. */
  classOf(patient: string): string | undefined;
}

/** The file has 18 MB. */
const largest = 512 * 2 ** 20;

/** Reads the annotation of LLD-MMRI. IO_ERROR, or DATA_ERROR for another form. */
export async function readLldAnnotation(file: string): Promise<LldAnnotation> {
  let raw: unknown;
  try {
    if ((await stat(file)).size > largest) throw refused(file, 'it is too large');
    raw = JSON.parse((await readFile(file, 'utf8')).replace(/^\uFEFF/, ''));
  } catch (cause) {
    if (cause instanceof FlcError) throw cause;
    if (cause instanceof SyntaxError) throw refused(file, 'it is no JSON', cause);
    throw ioError('reading the annotation failed', file, cause);
  }
  const parsed = annotationSchema.safeParse(raw);
  if (!parsed.success) throw refused(file, 'Annotation_info has another form', parsed.error);
  const series = Object.entries(parsed.data.Annotation_info).flatMap(([patient, entries]) =>
    entries.map((entry) => ({
      patient,
      study: entry.studyUID ?? '',
      series: entry.seriesUID ?? '',
      phase: entry.phase,
      lesions: Object.entries(entry.annotation.lesion).map(([index, { category, bbox }]) => ({
        index,
        class: classes[category],
        slices: bbox['2D_box'] ?? [],
        solid: bbox['3D_box'] ?? undefined,
      })),
    })),
  );
  const byPatient = new Map<string, Set<string | undefined>>();
  for (const entry of series) {
    const found = byPatient.get(entry.patient) ?? new Set();
    for (const lesion of entry.lesions) found.add(lesion.class);
    byPatient.set(entry.patient, found);
  }
  return {
    series,
    classOf(patient) {
      const [only, ...more] = byPatient.get(patient) ?? [];
      return more.length === 0 ? only : undefined;
    },
  };
}

function refused(file: string, why: string, cause?: unknown): FlcError {
  return new FlcError('DATA_ERROR', `not the annotation of LLD-MMRI: ${why}`, {
    details: { file },
    remedy: 'fetch the file again',
    cause,
  });
}
