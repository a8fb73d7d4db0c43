import { defineMethod } from '../core/define-method.js';
import type { LesionDescriber } from '../core/describer.js';
import { machineSettingDocs, machineSettings } from '../core/machine.js';
import { patchSettingDocs, patchSettings } from '../core/patch-settings.js';
import { cutPatches, type PatchContent, patchDimensions } from '../patches/cut-patches.js';
import { drawPatches } from '../patches/draw-patches.js';
import { maskPatches } from '../patches/slice-patches.js';
import { addInto, normalise, Vocabulary } from '../words/vocabulary.js';

const settings = { ...patchSettings, words: 256, ...machineSettings };
type Settings = typeof settings;

/** Patches of all phases, cut to the window and zero outside of the mask. */
const contentOf = (phases: number): PatchContent => ({
  phases: Array.from({ length: phases }, (_, phase) => phase),
  windowed: true,
  outside: 0,
});

export const xu2016 = defineMethod<Settings>({
  name: 'xu-2016',
  title: 'Xu et al. 2016 [7]',
  citation:
    'Xu Y, Lin L, Hu H, Yu H, Jin C, Wang J, Han X, Chen Y-W: Combined density, texture and shape features of ' +
    'multi-phase contrast-enhanced CT images for CBIR of focal liver lesions: bag of temporal co-occurrence words, 2016',
  settings,
  settingDocs: {
    ...patchSettingDocs,
    words: 'temporal co-occurrence words (authors)',
    ...machineSettingDocs,
  },
  deviations: [],
  async learn(context, { coverage, patchesPerClass, words, maxIterations }) {
    const content = contentOf(context.phases.length);
    const [patches] = (await drawPatches(context, {
      stream: 'patches',
      perClass: patchesPerClass,
      corners: (slice) => maskPatches(slice, coverage).corners,
      contents: [content],
    })) as [Float32Array];
    context.progress('words', 0, 1);
    const vocabulary = await Vocabulary.learn(
      patches,
      patchDimensions(content),
      { words, maxIterations, name: 'words' },
      context,
    );
    context.progress('words', 1, 1);
    return describer(vocabulary, context.phases.length, coverage);
  },
  load: (json, { coverage }) => {
    const { vocabulary, phases } = json as { vocabulary: unknown; phases: number };
    return describer(Vocabulary.load(vocabulary), phases, coverage);
  },
});

function describer(vocabulary: Vocabulary, phases: number, coverage: number): LesionDescriber {
  const content = contentOf(phases);
  return {
    summary: { words: vocabulary.words },
    toJSON: () => ({ vocabulary, phases }),
    async describe({ slices }) {
      const counts = new Float64Array(vocabulary.words);
      const warnings: string[] = [];
      for (const slice of slices) {
        const patches = maskPatches(slice, coverage);
        warnings.push(...patches.warnings);
        addInto(counts, await vocabulary.count(cutPatches(slice, patches.corners, content)));
      }
      return { values: normalise(counts), warnings };
    },
  };
}
