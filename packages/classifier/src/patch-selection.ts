import { throwIfCancelled } from '@flc-native/errors';
import { type Prepared, type PreparedSample, pace, patchGrid } from '@flc-native/pipeline';

/** Step of the patch grid in pixels; `'training'` is Eq. 1 of the paper for each ROI. */
export type PacePolicy = 'training' | number;

/** Numbers a patch as it crosses into the addon: (sample, row, column). */
export const numbersPerPatch = 3;

/**
 * The patches of prepared samples on grids of the given pace.
 *
 * @param samples the sample with index i in this list has i as the first number of its triples
 * @returns (sample, row, column) triples, sample by sample; row and column relative to the ROI
 * @throws FlcError CANCELLED between two samples; IO_ERROR or DATA_ERROR for the prepared files
 */
export async function patchSelection(
  prepared: Prepared,
  samples: readonly PreparedSample[],
  options: { readonly pace: PacePolicy; readonly signal?: AbortSignal | undefined },
): Promise<Int32Array> {
  const triples: number[] = [];
  for (const [index, sample] of samples.entries()) {
    throwIfCancelled(options.signal);
    const loaded = await prepared.loadSample(sample);
    const { h, w, mask } = roiOf(loaded);
    const corners = patchesOf({ mask, h, w, coverage: sample.coverage }, options.pace);
    for (let i = 0; i < corners.length; i += 2)
      triples.push(index, corners[i] as number, corners[i + 1] as number);
  }
  return Int32Array.from(triples);
}

/** A region of interest as the patch grid needs it. */
export interface Roi {
  /** [h, w], row major. */
  readonly mask: Uint8Array;
  readonly h: number;
  readonly w: number;
  /** Share of a patch that must lie in the mask. */
  readonly coverage: number;
}

/** (row, column) pairs of the patches of one ROI. */
export function patchesOf({ mask, h, w, coverage }: Roi, policy: PacePolicy): Int32Array {
  const step = policy === 'training' ? pace(w, h) : policy;
  return patchGrid(mask, h, w, step, coverage).patches;
}

/**
 * Cuts the ROI out of a mask with a margin.
 *
 * @param sample mask [h + 2 margin, w + 2 margin] and the ROI's box (row, column, h, w)
 */
export function roiOf(sample: {
  readonly mask: Uint8Array;
  readonly margin: number;
  readonly box: ArrayLike<number>;
}): { readonly mask: Uint8Array; readonly h: number; readonly w: number } {
  const { margin } = sample;
  const h = sample.box[2] ?? 0;
  const w = sample.box[3] ?? 0;
  const mask = new Uint8Array(h * w);
  const stride = w + 2 * margin;
  for (let row = 0; row < h; row++) {
    const start = (row + margin) * stride + margin;
    mask.set(sample.mask.subarray(start, start + w), row * w);
  }
  return { mask, h, w };
}
