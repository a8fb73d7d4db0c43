import { FlcError, toFlcError } from '@flc-native/errors';
import type { Prepared, PreparedSample, SamplePixels } from '@flc-native/pipeline';
import type { UnlabelledLesion } from '../comparison-method.js';

/** The pixels of all slices of a lesion. */
export interface LesionPixels {
  readonly id: string;
  /** In the order of `samples`. */
  readonly slices: readonly SamplePixels[];
  readonly samples: readonly PreparedSample[];
}

/** Reads lesions. */
export type ReadLesion = (lesion: UnlabelledLesion) => Promise<LesionPixels>;

/** Bytes that a reader keeps, so that the passes of a method over its lesions read a file once. */
const KEPT_BYTES = 256 * 2 ** 20;

/** @returns a reader that keeps what it has read, up to 256 MiB */
export function lesionReader(prepared: Prepared): ReadLesion {
  const kept = new Map<string, SamplePixels>();
  let bytes = 0;
  const read = async (sample: PreparedSample) => {
    const known = kept.get(sample.id);
    if (known !== undefined) return known;
    const pixels = await prepared.loadSample(sample);
    const size = pixels.image.byteLength + pixels.mask.byteLength;
    if (bytes + size <= KEPT_BYTES) {
      bytes += size;
      kept.set(sample.id, pixels);
    }
    return pixels;
  };
  return async (lesion) => {
    if (lesion.samples.length === 0) {
      throw new FlcError('DATA_ERROR', `lesion ${lesion.id} has no slices`, {
        details: { lesion: lesion.id },
      });
    }
    try {
      const { id, samples } = lesion;
      return { id, samples, slices: await Promise.all(samples.map(read)) };
    } catch (thrown) {
      const error = toFlcError(thrown, 'DATA_ERROR');
      throw new FlcError(error.code, `lesion ${lesion.id}: ${error.message}`, {
        details: { ...error.details, lesion: lesion.id },
        ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
        cause: error,
      });
    }
  };
}
