import { patchSize, type SamplePixels } from '@flc-native/pipeline';

/** What the values of a patch are. */
export interface PatchContent {
  /** Indices of the phases, in the order in which they follow each other in a vector. */
  readonly phases: readonly number[];
  /** Cut values to the intensity window. */
  readonly windowed: boolean;
  /** Value of pixels outside of the mask; undefined keeps them. */
  readonly outside?: number | undefined;
}

/** Length of the vectors. */
export function patchDimensions({ phases }: PatchContent): number {
  return phases.length * patchSize * patchSize;
}

/**
 * Patches as vectors, phase by phase and row by row, [patches, phases * 7 * 7].
 *
 * @param corners (row, column) pairs relative to the ROI
 */
export function cutPatches(
  slice: SamplePixels,
  corners: Int32Array,
  content: PatchContent,
): Float32Array {
  const [, height, width] = slice.shape;
  const out = new Float32Array((corners.length / 2) * patchDimensions(content));
  const planes = content.phases.map((phase) => phaseValues(slice, phase, content));
  let at = 0;
  for (let i = 0; i < corners.length; i += 2) {
    const row = (corners[i] as number) + slice.margin;
    const column = (corners[i + 1] as number) + slice.margin;
    if (row < 0 || column < 0 || row + patchSize > height || column + patchSize > width) {
      throw new RangeError(`the patch at ${row}, ${column} leaves the slice`);
    }
    for (const plane of planes) {
      for (let r = row; r < row + patchSize; r += 1) {
        const start = r * width + column;
        for (let c = start; c < start + patchSize; c += 1) out[at++] = plane[c] as number;
      }
    }
  }
  return out;
}

/** One phase of the padded slice, [H, W]. */
function phaseValues(slice: SamplePixels, phase: number, content: PatchContent): Float32Array {
  const [, height, width] = slice.shape;
  const plane = height * width;
  const values = Float32Array.from(slice.image.subarray(phase * plane, (phase + 1) * plane));
  if (content.windowed) {
    const lower = slice.window[2 * phase] as number;
    const upper = slice.window[2 * phase + 1] as number;
    for (let i = 0; i < plane; i += 1) {
      values[i] = Math.min(Math.max(values[i] as number, lower), upper);
    }
  }
  if (content.outside !== undefined) {
    for (let i = 0; i < plane; i += 1) if (slice.mask[i] === 0) values[i] = content.outside;
  }
  return values;
}
