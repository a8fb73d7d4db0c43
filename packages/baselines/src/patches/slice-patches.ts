import { patchGrid, patchSize, type SamplePixels } from '@flc-native/pipeline';

/** Patches of one slice. */
export interface SlicePatches {
  /** Top-left corners as (row, column) pairs relative to the ROI. */
  readonly corners: Int32Array;
  readonly warnings: readonly string[];
}

/** All patches of a slice at step 1 that lie in the mask; tiny lesions give the best there are, with a warning. */
export function maskPatches(slice: SamplePixels, coverage: number): SlicePatches {
  const { margin, box } = slice;
  const [, , h, w] = box;
  const width = w + 2 * margin;
  const mask = new Uint8Array(h * w);
  for (let row = 0; row < h; row += 1) {
    const start = (row + margin) * width + margin;
    mask.set(slice.mask.subarray(start, start + w), row * w);
  }
  const { patches, lowered, coverage: used } = patchGrid(mask, h, w, 1, coverage);
  return {
    corners: patches,
    warnings: lowered ? [`no patch lies in the mask to ${coverage}; ${used} was enough`] : [],
  };
}

/** Patches centred on the pixels of a region of the padded slice, where they fit into it. */
export function patchesAround(slice: SamplePixels, region: Uint8Array): Int32Array {
  const [, height, width] = slice.shape;
  const half = (patchSize - 1) / 2;
  const corners: number[] = [];
  for (let row = half; row < height - half; row += 1) {
    for (let column = half; column < width - half; column += 1) {
      if (region[row * width + column] === 0) continue;
      corners.push(row - half - slice.margin, column - half - slice.margin);
    }
  }
  return Int32Array.from(corners);
}
