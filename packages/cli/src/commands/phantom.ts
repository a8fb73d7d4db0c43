import { defineCommand } from '../command.js';
import { flag, integer, required, text, threeNumbers, withDefault } from '../option.js';

const options = {
  out: required(text('<dir>', 'folder for the images, masks and dataset.yaml')),
  lesions: withDefault(
    integer("lesions in all, in the proportions of the paper's cohort", { min: 4 }),
    48,
  ),
  delayed: flag('a fourth phase, DL'),
  size: threeNumbers('<x,y,z>', 'voxels of a case, from 96,96,12 on (default: 160,160,24)'),
  full: flag('512 x 512 slices and the whole liver instead of the part round the lesion'),
  dicom: flag('DICOM series and segmentations instead of NIfTI'),
  seed: withDefault(integer('of every random draw', { min: 0 }), 0),
  workers: integer('threads (default: one a core)', { min: 1 }),
};

export const phantom = defineCommand({
  name: 'phantom',
  summary: 'make a synthetic cohort with known truth',
  description:
    'Makes a cohort of synthetic multi-phase CT cases with known truth. No number from it says anything about patients.',
  examples: [
    'flc-native phantom --out phantoms --lesions 96',
    'flc-native phantom --out large --lesions 480 --seed 7',
  ],
  options,
  async run(settings, { signal, progress }) {
    const { generatePhantom } = await import('@flc-native/pipeline');
    const bar = progress('phantoms');
    const { cases } = await generatePhantom({
      out: settings.out,
      lesions: settings.lesions,
      seed: settings.seed,
      phases: settings.delayed ? ['NC', 'ART', 'PV', 'DL'] : ['NC', 'ART', 'PV'],
      full: settings.full,
      dicom: settings.dicom,
      ...(settings.size === undefined ? {} : { size: settings.size }),
      ...(settings.workers === undefined ? {} : { workers: settings.workers }),
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    }).finally(() => bar.stop());
    const json = { synthetic: true, cases, seed: settings.seed };
    return {
      json,
      text: `${json.cases} synthetic cases written. Next: flc-native check --dataset ${settings.out}/dataset.yaml`,
    };
  },
});
