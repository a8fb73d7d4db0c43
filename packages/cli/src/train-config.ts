import { networkPresets } from '@flc-native/classifier/presets';
import type { NetworkConfig, TrainConfig } from '@flc-native/core-native';
import type { deviceOptions, networkOptions, trainingOptions } from './network-options.js';
import type { Settings } from './option.js';

type NetworkSettings = Settings<
  typeof networkOptions & typeof trainingOptions & typeof deviceOptions
>;

/** Settings of the addon, as far as they were given. */
export type GivenTrainConfig = Partial<Omit<TrainConfig, 'network'>> & {
  readonly network: Partial<NetworkConfig>;
};

/** The preset overlaid with the settings that were given; what is left out, the addon fills in. */
export function trainConfigOf(settings: NetworkSettings): GivenTrainConfig {
  const { network: presetName, depth, widths, hiddenSize, readout, shortcut, ...rest } = settings;
  const { pathways, phaseFusion, directions, lossWeights, ...training } = rest;
  // Without a name nothing is laid down here: a new run has the addon's defaults, which are the paper's network, and a
  // resumed run has its own settings.
  const preset = presetName === undefined ? undefined : networkPresets[presetName];
  return {
    ...(preset && { lambda: preset.lambda, lossWeights: preset.lossWeights }),
    ...given({ ...training, lossWeights: lossWeights && headWeights(lossWeights) }),
    network: {
      ...(preset && { pathways: preset.pathways, phaseFusion: preset.phaseFusion }),
      ...given({
        depth,
        widths: widths && [...widths],
        hiddenSize,
        readout,
        shortcut,
        pathways,
        phaseFusion,
        directions,
      }),
    },
  };
}

function headWeights([last, local, global]: readonly [number, number, number]) {
  return { last, local, global };
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that are undefined. */
function given<T extends object>(settings: T): Given<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
