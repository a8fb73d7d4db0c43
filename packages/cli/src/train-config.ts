import { networkPresets } from '@flc-native/classifier/presets';
import type { NetworkConfig, TrainConfig } from '@flc-native/core-native';
import { FlcError } from '@flc-native/errors';
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
    ...given({ ...training, lossWeights: lossWeightsOf(lossWeights) }),
    network: {
      ...(preset && { pathways: preset.pathways, phaseFusion: preset.phaseFusion }),
      ...given({
        depth,
        widths: threeOf(widths, 'widths'),
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

function lossWeightsOf(weights: number[] | undefined) {
  const three = threeOf(weights, 'loss-weights');
  return three && { last: three[0], local: three[1], global: three[2] };
}

function threeOf(list: number[] | undefined, name: string): [number, number, number] | undefined {
  if (list === undefined) return undefined;
  const [a, b, c, ...more] = list;
  if (a !== undefined && b !== undefined && c !== undefined && more.length === 0) return [a, b, c];
  throw new FlcError('INVALID_CONFIG', `--${name} takes three numbers, not ${list.length}.`, {
    details: { key: name, expected: 3, got: list.length },
  });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that are undefined. */
function given<T extends object>(settings: T): Given<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
