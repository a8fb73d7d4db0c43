import type { LiverMeanSource, SamplePixels } from '@flc-native/pipeline';
import { dilate } from '../patches/morphology.js';

/** Pixels from the lesion at which the ring begins and ends, as in `prepare`. */
const ring = { inner: 5, outer: 15 } as const;

/** Fewer pixels of tissue do not stand for a liver. */
const leastPixels = 50;

/** How bright the liver is about a lesion. */
export interface LiverLevels {
  /** By phase, HU or what the images hold. */
  readonly levels: ArrayLike<number>;
  /** Where it was measured; `slice` also where hardly any tissue lies round the lesion. */
  readonly source: LiverMeanSource;
}

/**
 * The mean of the liver mask where there is one. The mean of a ring would take in lung, fat, bone and vessels: there it is the
 * median of the pixels of the ring that lie within the intensity window (-70 to 180 HU for CT).
 */
export function liverLevels(pixels: SamplePixels, source: LiverMeanSource): LiverLevels {
  const { image, mask, shape, window, liverMean } = pixels;
  if (source === 'liver') return { levels: liverMean, source };
  const [phases, rows, columns] = shape;
  const near = dilate(mask, [columns, rows], 2 * ring.inner);
  const far = dilate(mask, [columns, rows], 2 * ring.outer);
  const levels = Array.from({ length: phases }, (_, phase) => {
    const [lower, upper] = window.subarray(2 * phase) as unknown as [number, number];
    const tissue = image
      .subarray(phase * mask.length, (phase + 1) * mask.length)
      .filter((value, at) => far[at] === 1 && near[at] === 0 && value > lower && value < upper)
      .sort();
    return tissue.length < leastPixels ? undefined : (tissue[tissue.length >> 1] as number);
  });
  return levels.every((level) => level !== undefined)
    ? { levels, source: 'ring' }
    : { levels: liverMean, source: 'slice' };
}

/** What should be known of a lesion's density where its liver was not measured in a mask, or is as dark as water. */
export function liverWarnings(livers: readonly LiverLevels[]): string[] {
  const on = (isMeant: (liver: LiverLevels) => boolean, what: string) => {
    const count = livers.filter(isMeant).length;
    return count === 0 ? [] : [`${what}, on ${count} of ${livers.length} slices`];
  };
  return [
    ...on(
      ({ source }) => source === 'ring',
      'without a liver mask, density is relative to the tissue round the lesion',
    ),
    ...on(({ source }) => source === 'slice', 'no liver round the lesion to relate its density to'),
    ...on(
      ({ levels }) => !Array.from(levels).every((level) => level > 0),
      'what should be liver is as dark as water in a phase: its density means nothing',
    ),
  ];
}
