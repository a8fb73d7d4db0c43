import { FlcError } from '@flc-native/errors';
import type { LabelMap } from './label-map.js';

/**
 * The features of a lesion: the proportion of each class among its labelled pixels, Eq. 7-8 of Liang et al. 2018, pooled
 * over the slices of the lesion (a large slice counts for more than a small one). They sum to 1.
 *
 * @throws FlcError DATA_ERROR if nothing is labelled, INVALID_CONFIG for a class index beyond numClasses
 */
export function classProportions(labelMaps: readonly LabelMap[], numClasses: number): Float64Array {
  const counts = new Float64Array(numClasses);
  let labelled = 0;
  for (const { data } of labelMaps) {
    for (const label of data) {
      if (label < 0) continue;
      if (label >= numClasses) {
        throw new FlcError('INVALID_CONFIG', 'A label map holds a class that does not exist', {
          details: { label, numClasses },
        });
      }
      counts[label] = (counts[label] as number) + 1;
      labelled++;
    }
  }
  if (labelled === 0) {
    throw new FlcError('DATA_ERROR', 'The label maps of a lesion hold no labelled pixel', {
      details: { labelMaps: labelMaps.length },
    });
  }
  return counts.map((count) => count / labelled);
}
