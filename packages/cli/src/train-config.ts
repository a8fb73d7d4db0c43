import { networkPresets, overlay, trainingPresets } from '@flc-native/classifier/presets';
import type { TrainConfigOverrides } from '@flc-native/core-native';
import { FlcError } from '@flc-native/errors';
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
  const {
    network: row,
    widths,
    patchScales,
    phaseOrder,
    ...network
  } = pick(settings, networkOptions);
  const { preset, lossWeights, ...training } = pick(settings, {
    ...trainingOptions,
    ...deviceOptions,
  });
  return overlay(
    preset === undefined ? {} : trainingPresets[preset],
    row === undefined ? {} : networkPresets[row],
    {
      ...given({ ...training, lossWeights: lossWeights && headWeights(lossWeights) }),
      network: given({
        ...network,
        widths: widths && [...widths],
        patchScales: patchScales && twoNumbers(patchScales),
        phaseOrder: phaseOrder && [...phaseOrder],
      }),
    },
  );
}

/** @throws FlcError INVALID_CONFIG */
function twoNumbers([a, b, ...more]: readonly number[]): [number, number] {
  if (a !== undefined && b !== undefined && more.length === 0) return [a, b];
  throw new FlcError('INVALID_CONFIG', 'patchScales must be two numbers.', {
    details: { key: 'patchScales' },
    remedy: 'Give two odd sides, such as 9,5.',
  });
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
