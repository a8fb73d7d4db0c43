import { maskPatches } from '../patches/slice-patches.js';
import {
  bagMethod,
  coverageDoc,
  coverageSetting,
  type MaskWordSettings,
  vocabularyDeviation,
  vocabularySettingDocs,
  vocabularySettings,
} from '../words/bag-method.js';

/** Bag of temporal co-occurrence words: a word is what a patch looks like in all phases together. */
export const xu2016 = bagMethod<MaskWordSettings>({
  name: 'xu-2016',
  title: 'Xu et al. 2016 [7]',
  citation:
    'Y. Xu, L. Lin, H. Hu et al.: Bag of temporal co-occurrence words for retrieval of focal liver lesions using 3D ' +
    'multiphase contrast-enhanced CT images. ICPR 2016',
  settings: { ...coverageSetting, ...vocabularySettings, words: 256 },
  settingDocs: {
    ...coverageDoc,
    ...vocabularySettingDocs,
    words: 'words of the vocabulary (authors)',
  },
  deviations: [
    'Original: words of a temporal co-occurrence image of single pixels of a volume, for retrieval. Here, as in the ' +
      're-implementation: 7 x 7 patches of all phases of a slice as one vector, for an SVM.',
    vocabularyDeviation,
  ],
  bags: ({ all }, { words, coverage }) => [
    {
      name: 'words',
      words,
      // Cut to the intensity window; pixels outside of the mask are 0 (authors).
      content: { phases: all, windowed: true, outside: 0 },
      patches: (slice) => maskPatches(slice, coverage),
    },
  ],
});
