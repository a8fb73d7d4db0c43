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

/** Bag of visual words: raw patches of each phase, with words of its own, and their histograms side by side. */
export const yang2012 = bagMethod<MaskWordSettings>({
  name: 'yang',
  title: 'Yang et al. 2012 [5]',
  citation:
    'W. Yang, Z. Lu, M. Yu et al.: Content-based retrieval of focal liver lesions using bag-of-visual-words ' +
    'representations of single- and multiphase contrast-enhanced CT images. J. Digit. Imaging 25, 2012',
  settings: { ...coverageSetting, ...vocabularySettings, normalised: false, words: 128 },
  settingDocs: { ...coverageDoc, ...vocabularySettingDocs, words: 'words of each phase (authors)' },
  deviations: [
    'Original: a Hellinger map of the histograms and a learned distance, for retrieval. Here, as in the ' +
      're-implementation: counts, not normalised, and an SVM.',
    'The script of the re-implementation was left at the portal venous phase alone; here all phases count, as in the ' +
      'original.',
    vocabularyDeviation,
  ],
  bags: ({ all }, { words, coverage }) =>
    all.map((phase) => ({
      name: `phase-${phase}`,
      words,
      content: { phases: [phase], windowed: false },
      patches: (slice) => maskPatches(slice, coverage),
    })),
});
