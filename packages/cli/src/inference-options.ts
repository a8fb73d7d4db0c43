import type { ClassifierOptions } from '@flc-native/classifier';
import { deviceOptions } from './network-options.js';
import { defaultElsewhere, integer, type Settings } from './option.js';

/** How a trained network computes. */
export const inferenceOptions = {
  ...deviceOptions,
  patchesAtOnce: defaultElsewhere(
    integer('patches that are computed at once: what bounds the memory', { min: 1 }),
    '128 on a CPU, 2048 on a GPU',
  ),
} as const;

/** What was given of them. */
export function inferenceOf({
  device,
  threads,
  precision,
  patchesAtOnce,
}: Settings<typeof inferenceOptions>): ClassifierOptions {
  return {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(precision === undefined ? {} : { precision }),
    ...(patchesAtOnce === undefined ? {} : { patchesAtOnce }),
  };
}
