import { FlcError } from '@flc-native/errors';
import type { Partition, Prepared } from '@flc-native/pipeline';
import { defaultSplitsFile } from './commands/split.js';
import { required, text } from './option.js';
import { suggestion } from './suggestion.js';

/** Which prepared cohort, and which partition of it. */
export const cohortOptions = {
  prepared: required(text('<dir>', 'prepared cohort')),
  splits: text('<file>', 'file of the splits (default: where flc-native split writes it)'),
  partition: text('<name>', 'partition within the splits (default: the first)'),
} as const;

/** @throws FlcError INVALID_CONFIG if there is no partition of that name; what reading throws */
export async function readCohort(settings: {
  readonly prepared: string;
  readonly splits: string | undefined;
  readonly partition: string | undefined;
}): Promise<{ readonly prepared: Prepared; readonly partition: Partition }> {
  const { readPrepared, readSplits } = await import('@flc-native/pipeline');
  const prepared = await readPrepared(settings.prepared);
  const splits = await readSplits(
    settings.splits ?? defaultSplitsFile(settings.prepared),
    prepared.index.samples,
  );
  const { partition: wanted } = settings;
  const names = splits.partitions.map(({ name }) => name);
  const partition = splits.partitions.find(({ name }) => name === (wanted ?? names[0]));
  if (partition !== undefined) return { prepared, partition };
  throw new FlcError('INVALID_CONFIG', `The splits have no partition ${wanted}.`, {
    details: { partition: wanted },
    remedy: suggestion(wanted ?? '', names, 'partitions'),
  });
}
