import { FlcError } from '@flc-native/errors';
import { patchSize } from '../patch/index.js';

/** Class of each ROI pixel that is the centre of a classified patch; -1 elsewhere. */
export interface LabelMap {
  /** Rows of the ROI, pixels. */
  readonly h: number;
  /** Columns of the ROI, pixels. */
  readonly w: number;
  /** [h, w], row major. */
  readonly data: Int8Array;
}

/** Value of a pixel that is no patch's centre. */
export const unlabelled = -1;

/**
 * Puts the predicted class of each patch at the patch's centre pixel (row + 3, column + 3).
 *
 * @param patches (row, column) pairs of top-left corners relative to the ROI
 * @param classes one class index (0..127) a patch
 * @throws FlcError INVALID_CONFIG if the lengths differ or a patch leaves the ROI
 */
export function labelMapFromPredictions(
  h: number,
  w: number,
  patches: Int32Array,
  classes: Uint8Array,
): LabelMap {
  if (patches.length !== 2 * classes.length) {
    throw new FlcError('INVALID_CONFIG', 'There must be one class for each patch', {
      details: { patches: patches.length / 2, classes: classes.length },
    });
  }
  const half = (patchSize - 1) / 2;
  const data = new Int8Array(h * w).fill(unlabelled);
  for (let i = 0; i < classes.length; i++) {
    const row = patches[2 * i] as number;
    const column = patches[2 * i + 1] as number;
    if (row < 0 || column < 0 || row + patchSize > h || column + patchSize > w) {
      throw new FlcError('INVALID_CONFIG', 'A patch reaches beyond the ROI', {
        details: { row, column, h, w },
      });
    }
    data[(row + half) * w + column + half] = classes[i] as number;
  }
  return { h, w, data };
}
