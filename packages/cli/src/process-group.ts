import type { RankGroup } from '@flc-native/classifier';
import { FlcError } from '@flc-native/errors';

/** The processes that were asked for; undefined if nothing was said of them. @throws FlcError INVALID_CONFIG */
export function processGroup({
  processes,
  gpus,
}: {
  readonly processes?: number | undefined;
  readonly gpus?: number | undefined;
}): RankGroup | undefined {
  if (processes !== undefined && gpus !== undefined) {
    throw new FlcError('INVALID_CONFIG', 'Give --processes or --gpus, not both.', {
      details: { key: 'gpus' },
    });
  }
  if (gpus !== undefined) return { processes: gpus, on: 'gpu' };
  return processes === undefined ? undefined : { processes, on: 'cpu' };
}
