import { uniformLocalBinaryPattern } from '@flc-native/imaging';
import { patchSize, type SamplePixels } from '@flc-native/pipeline';
import { remembered } from '../patches/remembered.js';
import { maskPatches, type SlicePatches } from '../patches/slice-patches.js';
import {
  bagMethod,
  coverageDoc,
  coverageSetting,
  type MaskWordSettings,
  vocabularyDeviation,
  vocabularySettingDocs,
  vocabularySettings,
} from '../words/bag-method.js';

interface Settings extends MaskWordSettings {
  readonly lbpPoints: number;
  readonly lbpRadius: number;
}

/** Texture-specific bags of words: patches are sorted by the local binary pattern at their middle. */
export const xu2018 = bagMethod<Settings>({
  name: 'xu-2018',
  title: 'Xu et al. 2018 [9]',
  citation:
    'Y. Xu, L. Lin, H. Hu et al.: Texture-specific bag of visual words model and spatial cone matching-based method ' +
    'for the retrieval of focal liver lesions using multiphase contrast-enhanced CT images. Int. J. CARS 13, 2018',
  settings: {
    ...coverageSetting,
    ...vocabularySettings,
    normalised: false,
    patchesPerClass: 20_000,
    words: 128,
    lbpPoints: 8,
    lbpRadius: 3,
  },
  settingDocs: {
    ...coverageDoc,
    ...vocabularySettingDocs,
    words: 'words of each pattern (authors)',
    lbpPoints: 'neighbours of the local binary pattern; there are two patterns more (authors)',
    lbpRadius: 'their distance, pixels (authors)',
  },
  deviations: [
    'Original: nine texture categories and spatial cone matching, for retrieval. Here, as in the re-implementation: ' +
      'the ten uniform patterns, no cones, an SVM.',
    'Patterns are those of the slice with its surroundings; the re-implementation saw nothing beyond the ROI.',
    vocabularyDeviation,
  ],
  bags({ all, reference }, { words, coverage, lbpPoints, lbpRadius }) {
    const sorted = remembered((slice: SamplePixels) => {
      const found = maskPatches(slice, coverage);
      return sortByPattern(slice, found, reference, lbpPoints, lbpRadius);
    });
    return Array.from({ length: lbpPoints + 2 }, (_, pattern) => ({
      name: `pattern-${pattern}`,
      words,
      content: { phases: all, windowed: true, outside: 0 },
      patches: (slice: SamplePixels) => sorted(slice)[pattern] as SlicePatches,
    }));
  },
});

/** The patches of each pattern. */
function sortByPattern(
  slice: SamplePixels,
  { corners, warnings }: SlicePatches,
  phase: number,
  points: number,
  radius: number,
): SlicePatches[] {
  const [, height, width] = slice.shape;
  const plane = slice.image.subarray(phase * height * width, (phase + 1) * height * width);
  const size = [width, height] as const;
  const codes = uniformLocalBinaryPattern(Float32Array.from(plane), size, points, radius);
  const sorted = Array.from({ length: points + 2 }, (): number[] => []);
  const middle = slice.margin + (patchSize - 1) / 2;
  for (let i = 0; i < corners.length; i += 2) {
    const [row, column] = [corners[i] as number, corners[i + 1] as number];
    const code = codes[(row + middle) * width + column + middle] as number;
    sorted[code]?.push(row, column);
  }
  return sorted.map((found) => ({ corners: Int32Array.from(found), warnings }));
}
