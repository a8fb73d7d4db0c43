import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import type { SplitOptions } from '@flc-native/pipeline';
import { defineCommand } from '../command.js';
import {
  flag,
  integer,
  required,
  type Settings,
  text,
  threeNumbers,
  withDefault,
} from '../option.js';

const options = {
  prepared: required(text('<dir>', 'prepared cohort')),
  out: text('<file>', 'file of the splits (default: splits.json beside the prepared cohort)'),
  partitions: integer('independent random partitions (default: 2, as in the paper)', { min: 1 }),
  fractions: threeNumbers('<train,val,test>', 'shares of the parts (default: 0.56,0.22,0.22)'),
  folds: integer('cross-validation with this many folds instead', { min: 3 }),
  paperCounts: flag("the lesion counts of the paper's Table 1 instead"),
  fixed: text(
    '<file>',
    'YAML file with the lists train, val and test of patients or cases instead',
  ),
  pseudonymKey: text('<file>', 'key of the dataset, where the lists of --fixed hold names'),
  seed: withDefault(integer('of the random draw', { min: 0 }), 0),
};

type SplitSettings = Settings<typeof options>;

export const split = defineCommand({
  name: 'split',
  summary: 'divide the patients into train, val and test',
  description:
    'Divides the patients of a prepared cohort into train, val and test, stratified by class. A patient is in one part only.',
  examples: [
    'flc-native split --prepared prepared --out splits.json',
    'flc-native split --prepared prepared --folds 5 --seed 3',
    'flc-native split --prepared prepared --fixed lists.yaml',
  ],
  options,
  async run(settings) {
    const { keepInputs, readPrepared, splitByPatient, writeSplits } = await import(
      '@flc-native/pipeline'
    );
    const file = settings.out ?? defaultSplitsFile(settings.prepared);
    const { fixed, pseudonymKey } = settings;
    const given = [fixed, pseudonymKey].filter((input) => input !== undefined);
    await keepInputs([join(settings.prepared, 'index.json'), ...given], [file]);
    const how = await splitOptions(settings);
    const prepared = await readPrepared(settings.prepared);
    const splits = splitByPatient(prepared.index.samples, how);
    await writeSplits(file, splits);
    const { partitions } = splits;
    const lines = partitions.flatMap(({ name, counts }) =>
      Object.entries(counts).map(([part, classes]) => {
        const list = Object.entries(classes).map(([label, count]) => `${label} ${count}`);
        return `${name} ${part.padEnd(5)} ${list.join(', ')}`;
      }),
    );
    return {
      json: {
        seed: splits.seed,
        partitions: partitions.map(({ name, counts }) => ({ name, counts })),
      },
      text: [
        ...lines,
        `Next: flc-native train --prepared ${settings.prepared} --run runs/first`,
      ].join('\n'),
    };
  },
});

/** Where `split` writes and the later commands look, unless told otherwise. */
export function defaultSplitsFile(prepared: string): string {
  return `${prepared.replace(/\/+$/, '')}-splits.json`;
}

async function splitOptions(settings: SplitSettings): Promise<SplitOptions> {
  const { partitions, fractions, folds, paperCounts, fixed, seed } = settings;
  const ways = { partitions, folds, paperCounts: paperCounts || undefined, fixed };
  const given = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    throw new FlcError(
      'INVALID_CONFIG',
      `Only one of ${given.map(([key]) => key).join(', ')} can be given.`,
    );
  }
  if (fixed !== undefined) {
    const { readPseudonymKey } = await import('@flc-native/pipeline');
    const { pseudonymKey: file } = settings;
    const pseudonymKey = file === undefined ? undefined : await readPseudonymKey(file);
    return { fixed: await readLists(fixed), pseudonymKey, seed };
  }
  if (folds !== undefined) return { folds, seed };
  if (paperCounts) return { counts: 'paper', seed };
  return { partitions: partitions ?? 2, ...(fractions && { fractions }), seed };
}

async function readLists(file: string) {
  const { parse } = await import('yaml');
  const content = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FlcError('IO_ERROR', 'The lists of the split cannot be read.', {
      details: { file },
      cause,
    });
  });
  const lists: unknown = parse(content);
  const listOf = (part: string): string[] => {
    const list = (lists as Record<string, unknown> | null)?.[part];
    if (Array.isArray(list)) return list.map(String);
    throw new FlcError('INVALID_CONFIG', `The file of the lists has no list ${part}.`, {
      details: { file },
      remedy: 'It holds three lists, train, val and test, of patients or cases.',
    });
  };
  return { train: listOf('train'), val: listOf('val'), test: listOf('test') };
}
