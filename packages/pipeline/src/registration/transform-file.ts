import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomic } from '../storage/atomic-file.js';
import type { Volume } from '../volume/volume.js';
import type { VoxelBox } from './region.js';
import { type Alignment, alignments, type RegistrationSettings } from './registration-settings.js';
import type { SpatialTransform } from './spatial-transform.js';

/** Raised when registration itself changes, so that nothing old is taken for new. */
export const registrationVersion = 2;

const numbers = (length: number) => z.array(z.number()).length(length);
const vector = z.tuple([z.number(), z.number(), z.number()]);
const stageSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('linear'),
    matrix: numbers(9),
    translation: numbers(3),
    centre: numbers(3),
  }),
  z.object({
    kind: z.literal('spline'),
    size: z.tuple([z.int().min(4), z.int().min(4), z.int().min(4)]),
    origin: vector,
    spacing: vector,
    direction: numbers(9),
    coefficients: z.array(z.number()),
  }),
]);

const fileSchema = z.object({
  format: z.literal('flc-transform'),
  version: z.literal(registrationVersion),
  /** Hash of both images, the liver mask, the region, the method and its parameters. */
  key: z.string(),
  method: z.enum(alignments),
  /** From points of the reference phase to points of the other one; LPS, mm. */
  transform: z.object({ stages: z.array(stageSchema).max(16) }),
  seconds: z.number(),
});

/** A registration as it is kept: `seconds` is what it took when it was made. */
export type StoredTransform = z.output<typeof fileSchema>;

/** Hash of everything that a transform depends on. */
export function transformKey(
  fixed: Volume,
  moving: Volume,
  liver: Volume | undefined,
  region: VoxelBox,
  method: Alignment,
  settings: RegistrationSettings,
  modality: string,
): string {
  // How moved images are interpolated and judged has no part in it, nor how far margins reach beyond the region.
  const { interpolation: _, limits: _w, margin: _m, lesionMargin: _l, ...relevant } = settings;
  const text = JSON.stringify([
    registrationVersion,
    volumeHash(fixed),
    volumeHash(moving),
    liver === undefined ? null : volumeHash(liver),
    region,
    method,
    relevant,
    modality,
  ]);
  return createHash('sha256').update(text).digest('hex');
}

/** SHA-256 of geometry and voxels, whatever file they came from. */
export function volumeHash({ size, spacing, origin, direction, dtype, data }: Volume): string {
  return createHash('sha256')
    .update(JSON.stringify([size, spacing, origin, direction, dtype]))
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex');
}

/** The stored transform of this key; undefined if there is none, it is damaged or of another key. */
export async function storedTransform(
  file: string,
  key: string,
): Promise<StoredTransform | undefined> {
  try {
    const stored = fileSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const complete = stored.transform.stages.every(
      (stage) =>
        stage.kind === 'linear' ||
        stage.coefficients.length === 3 * stage.size[0] * stage.size[1] * stage.size[2],
    );
    return stored.key === key && complete ? stored : undefined;
  } catch {
    // Whatever is wrong with it: the pair is registered again.
    return undefined;
  }
}

export function writeTransform(
  file: string,
  stored: Omit<StoredTransform, 'format' | 'version' | 'transform'> & {
    readonly transform: SpatialTransform;
  },
): Promise<void> {
  const head = { format: 'flc-transform', version: registrationVersion };
  return writeFileAtomic(file, `${JSON.stringify({ ...head, ...stored })}\n`);
}
