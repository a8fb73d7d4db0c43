import { networkPresets } from '@flc-native/classifier/presets';
import type { TrainConfigOverrides } from '@flc-native/core-native';
import { deviceOptions, networkOptions, trainingOptions } from './network-options.js';
import type { Settings } from './option.js';

type NetworkSettings = Settings<
  typeof networkOptions & typeof trainingOptions & typeof deviceOptions
>;

/**
 * The preset overlaid with the settings that were given; what is left out, the addon fills in. Without a preset nothing
 * is laid down: a new run then has the addon's defaults, which are the paper's network, and a resumed run its own.
 */
export function trainConfigOf(settings: NetworkSettings): TrainConfigOverrides {
  const preset = settings.network === undefined ? undefined : networkPresets[settings.network];
  const { network: _preset, widths, ...network } = pick(settings, networkOptions);
  const { lossWeights, ...training } = pick(settings, { ...trainingOptions, ...deviceOptions });
  return {
    ...(preset && { lambda: preset.lambda, lossWeights: preset.lossWeights }),
    ...given({ ...training, lossWeights: lossWeights && headWeights(lossWeights) }),
    network: {
      ...(preset && { pathways: preset.pathways, phaseFusion: preset.phaseFusion }),
      ...given({ ...network, widths: widths && [...widths] }),
    },
  };
}

function headWeights([last, local, global]: readonly [number, number, number]) {
  return { last, local, global };
}

/** Only the settings of the given table. */
function pick<T extends object, O extends object>(
  settings: T,
  table: O,
): Pick<T, keyof O & keyof T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([key]) => Object.hasOwn(table, key)),
  ) as Pick<T, keyof O & keyof T>;
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that are undefined. */
function given<T extends object>(settings: T): Given<T> {
  return Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Given<T>;
}
