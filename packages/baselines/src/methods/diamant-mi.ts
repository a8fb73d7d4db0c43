import { defineMethod } from '../core/define-method.js';
import type { LesionDescriber } from '../core/describer.js';
import { parseNumbers } from '../core/numbers.js';
import { BagsOfWords } from '../words/bag-of-words.js';
import { mostInformative } from '../words/mutual-information.js';
import {
  type DiamantSettings,
  diamantBags,
  diamantDeviations,
  diamantSettingDocs,
  diamantSettings,
} from './diamant-2016.js';

interface Settings extends DiamantSettings {
  readonly selectedWords: number;
}

/** Dual dictionaries of which only the words that say most about the class count. */
export const diamantMi = defineMethod<Settings>({
  name: 'diamant-mi',
  title: 'Diamant et al., words chosen by mutual information',
  citation:
    'I. Diamant, J. Goldberger, E. Klang, M. Amitai, H. Greenspan: Multi-phase liver lesions classification using ' +
    'relevant visual words based on mutual information. ISBI 2015',
  settings: { ...diamantSettings, selectedWords: 80 },
  settingDocs: {
    ...diamantSettingDocs,
    selectedWords: 'words that stay, of both dictionaries together (ours)',
  },
  deviations: [
    ...diamantDeviations,
    'Mutual information of the class and whether a word is more frequent than on average over the train lesions; the original ' +
      'and the re-implementation do not say how they divide frequencies.',
    'The variant of the re-implementation with 10 principal components and 256 words is not made.',
  ],
  async learn(context, settings) {
    const bags = diamantBags(context.layout, settings);
    const words = await BagsOfWords.learn(bags, settings, context);
    const rows: Float64Array[] = [];
    for (const lesion of context.lesions) {
      rows.push((await words.describe(await context.read(lesion))).values);
      context.progress('features', rows.length, context.lesions.length);
    }
    const classes = context.lesions.map((lesion) => lesion.class);
    return describer(words, mostInformative(rows, classes, settings.selectedWords));
  },
  load(json, settings, layout) {
    const { words, selected } = (json ?? {}) as { words?: unknown; selected?: unknown };
    return describer(
      BagsOfWords.load(diamantBags(layout, settings), words, settings.normalised),
      parseNumbers(selected, 'chosen words'),
    );
  },
});

function describer(words: BagsOfWords, selected: readonly number[]): LesionDescriber {
  return {
    summary: { ...words.summary, selectedWords: selected.length },
    toJSON: () => ({ words, selected }),
    async describe(lesion) {
      const { values, warnings } = await words.describe(lesion);
      return { values: Float64Array.from(selected, (word) => values[word] ?? 0), warnings };
    },
  };
}
