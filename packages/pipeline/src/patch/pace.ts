import { FlcError } from '@flc-native/errors';

/**
 * Step between patches of a region of interest, in pixels. Eq. 1 of Liang et al. 2018:
 * `floor(sqrt(w h / epsilon))` if `w h > epsilon`, else 1. Large lesions thus give about as many patches as small ones.
 *
 * @param width columns of the ROI, pixels
 * @param height rows of the ROI, pixels
 * @param epsilon the paper's constant, 128
 */
export function pace(width: number, height: number, epsilon = 128): number {
  if (!(width > 0 && height > 0 && epsilon > 0)) {
    throw new FlcError('INVALID_CONFIG', 'pace needs a width, height and epsilon above 0', {
      details: { width, height, epsilon },
    });
  }
  const area = width * height;
  if (area <= epsilon) return 1;
  return Math.max(1, Math.floor(Math.sqrt(area / epsilon)));
}
