import type { SamplePixels } from '@flc-native/pipeline';
import type { PhaseLayout } from '../core/describer.js';
import { dilate, erode } from '../patches/morphology.js';
import { remembered } from '../patches/remembered.js';
import { patchesAround, type SlicePatches } from '../patches/slice-patches.js';
import {
  bagMethod,
  type VocabularySettings,
  vocabularyDeviation,
  vocabularySettingDocs,
  vocabularySettings,
} from '../words/bag-method.js';
import type { Bag } from '../words/bag-of-words.js';

export interface DiamantSettings extends VocabularySettings {
  readonly interiorWords: number;
  readonly boundaryWords: number;
  readonly erosion: number;
  readonly dilation: number;
  readonly leastInterior: number;
}

export const diamantSettings: DiamantSettings = {
  ...vocabularySettings,
  interiorWords: 32,
  boundaryWords: 128,
  erosion: 5,
  dilation: 10,
  leastInterior: 30,
};

export const diamantSettingDocs = {
  ...vocabularySettingDocs,
  interiorWords: 'words of the interior (authors)',
  boundaryWords: 'words of the boundary (authors)',
  erosion: 'diameter of the disc that erodes the mask to the interior, pixels (authors)',
  dilation: 'diameter of the disc whose dilation ends the boundary, pixels (authors)',
  leastInterior: 'fewest pixels of an interior (authors)',
} as const;

export const diamantDeviations = [
  'Original: PCA of the patches, words and sizes tuned on its data. Here, as in the re-implementation: raw patches and ' +
    'the sizes of the table.',
  'A lesion whose interior is too small was left out of the re-implementation; here its whole mask is the interior, ' +
    'with a warning.',
  'The disc holds the pixels within half its diameter; the ellipse of the re-implementation lacks some corner pixels, ' +
    'and that of 10 pixels lies half a pixel off.',
  vocabularyDeviation,
];

/** Patches of the interior and of the boundary in the reference phase, each with words of its own. */
export function diamantBags({ reference }: PhaseLayout, settings: DiamantSettings): Bag[] {
  const regions = remembered((slice: SamplePixels) => regionsOf(slice, settings));
  const content = { phases: [reference], windowed: false };
  return [
    {
      name: 'interior',
      words: settings.interiorWords,
      content,
      patches: (slice) => regions(slice).interior,
    },
    {
      name: 'boundary',
      words: settings.boundaryWords,
      content,
      patches: (slice) => regions(slice).boundary,
    },
  ];
}

function regionsOf(
  slice: SamplePixels,
  { erosion, dilation, leastInterior }: DiamantSettings,
): { interior: SlicePatches; boundary: SlicePatches } {
  const [, height, width] = slice.shape;
  const size = [width, height] as const;
  const eroded = erode(slice.mask, size, erosion);
  const boundary = dilate(slice.mask, size, dilation).map((value, i) => value & ~(eroded[i] ?? 0));
  const pixels = eroded.reduce((sum, value) => sum + value, 0);
  const large = pixels >= leastInterior;
  return {
    interior: {
      corners: patchesAround(slice, large ? eroded : slice.mask),
      warnings: large ? [] : [`the interior has ${pixels} pixels; the whole mask counts as such`],
    },
    boundary: { corners: patchesAround(slice, boundary), warnings: [] },
  };
}

/** Dual dictionaries. */
export const diamant2016 = bagMethod<DiamantSettings>({
  name: 'diamant',
  title: 'Diamant et al. 2016 [6]',
  citation:
    'I. Diamant, A. Hoogi, C. F. Beaulieu et al.: Improved patch-based automated liver lesion classification by ' +
    'separate analysis of the interior and boundary regions. IEEE J. Biomed. Health Inform. 20, 2016',
  settings: diamantSettings,
  settingDocs: diamantSettingDocs,
  deviations: diamantDeviations,
  bags: diamantBags,
});
