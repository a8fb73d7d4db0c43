/** The four network rows of the paper's Table 2. Each is a configuration of one network, not a program of its own. */
export const networkPresets = {
  'resnet-local': {
    pathways: 'local',
    phaseFusion: 'concat',
    lossWeights: { last: 1, local: 0, global: 0 },
    lambda: 0,
  },
  resglnet: {
    pathways: 'both',
    phaseFusion: 'concat',
    lossWeights: { last: 0.5, local: 0.25, global: 0.25 },
    lambda: 0,
  },
  'resgl-bdlstm-no-intra': {
    pathways: 'both',
    phaseFusion: 'bdlstm',
    lossWeights: { last: 0.5, local: 0.25, global: 0.25 },
    lambda: 0,
  },
  'resgl-bdlstm': {
    pathways: 'both',
    phaseFusion: 'bdlstm',
    lossWeights: { last: 0.5, local: 0.25, global: 0.25 },
    lambda: 0.1,
  },
} as const;

export type NetworkPreset = keyof typeof networkPresets;

export const networkPresetNames = Object.keys(networkPresets) as NetworkPreset[];
