import type { TrainConfigOverrides } from '@flc-native/core-native';

const threeHeads = { last: 0.5, local: 0.25, global: 0.25 } as const;
const oneHead = { last: 1, local: 0, global: 0 } as const;

/**
 * The network rows of the paper's Table 2. Each is a configuration of one network, not a program of its own. The last two are
 * comparison methods, in the settings of the re-implementations that the table was made with.
 */
export const networkPresets = {
  'resnet-local': {
    network: { pathways: 'local', phaseFusion: 'concat' },
    lossWeights: oneHead,
    lambda: 0,
  },
  resglnet: {
    network: { pathways: 'both', phaseFusion: 'concat' },
    lossWeights: threeHeads,
    lambda: 0,
  },
  'resgl-bdlstm-no-intra': {
    network: { pathways: 'both', phaseFusion: 'bdlstm' },
    lossWeights: threeHeads,
    lambda: 0,
  },
  'resgl-bdlstm': {
    network: { pathways: 'both', phaseFusion: 'bdlstm' },
    lossWeights: threeHeads,
    lambda: 0.1,
  },
  // Frid-Adar et al. 2017: two scales of a patch.
  'frid-adar': {
    network: { pathways: 'both', phaseFusion: 'concat', patchScales: [9, 5], roiInput: 64 },
    lossWeights: threeHeads,
    lambda: 0,
  },
  // Yasaka et al. 2018: the whole lesion, its phases as channels; no label map and no machine.
  yasaka: {
    network: { pathways: 'global', phaseFusion: 'channels', backbone: 'yasaka', roiInput: 64 },
    lossWeights: oneHead,
    lambda: 0,
    optimizer: 'adam',
    learningRate: 0.001,
    batchSize: 80,
  },
} as const satisfies Record<string, TrainConfigOverrides>;

export type NetworkPreset = keyof typeof networkPresets;

export const networkPresetNames = Object.keys(networkPresets) as NetworkPreset[];

/**
 * How a network is trained. `paper` is method.md to the letter. `robust` is experimental: it changes what is known to hurt
 * small or uneven cohorts (docs/explanation/presets.md), and has not been shown to be better over cohorts and seeds.
 */
export const trainingPresets = {
  paper: {},
  robust: { intraReduction: 'mean', roiDraw: 'classes' },
} as const satisfies Record<string, TrainConfigOverrides>;

export type TrainingPreset = keyof typeof trainingPresets;

export const trainingPresetNames = Object.keys(trainingPresets) as TrainingPreset[];

/** Later configurations win, key by key. */
export function overlay(...configs: readonly TrainConfigOverrides[]): TrainConfigOverrides {
  return Object.assign({}, ...configs, {
    network: Object.assign({}, ...configs.map(({ network }) => network)),
  }) as TrainConfigOverrides;
}
