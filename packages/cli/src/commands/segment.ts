import { toFlcError } from '@flc-native/errors';
import { caseNames } from '../case-names.js';
import { defineCommand } from '../command.js';
import { formatFailure } from '../failure.js';
import {
  choice,
  defaultElsewhere,
  flag,
  integer,
  number,
  required,
  text,
  withDefault,
} from '../option.js';

const options = {
  dataset: required(text('<file>', 'dataset.yaml with seeds')),
  out: required(text('<dir>', 'folder of the masks; what is there and unchanged is kept')),
  joint: flag('one mask from all phases together; they must be registered'),
  beta: defaultElsewhere(
    number('how much a difference hinders the walk, in units of the noise', { min: 0 }),
    '0.3',
  ),
  smoothing: defaultElsewhere(
    number('Gaussian filter in plane before differences are taken, mm', { min: 0, max: 20 }),
    '1',
  ),
  prior: defaultElsewhere(
    number('how much a voxel goes by its own values against those of the seeds; 0: not at all', {
      min: 0,
      max: 1000,
    }),
    '1',
  ),
  priorSmoothing: defaultElsewhere(
    number('Gaussian filter in plane before values are compared with those of the seeds, mm', {
      min: 0,
      max: 20,
    }),
    '2',
  ),
  expected: defaultElsewhere(
    number('probability of the lesion before values are looked at; more finds more', {
      min: 0.01,
      max: 0.99,
    }),
    '0.5',
  ),
  compact: defaultElsewhere(
    number('how much a voxel goes by the ellipsoid that fits the rest; 0: not at all', {
      min: 0,
      max: 100,
    }),
    '8',
  ),
  margin: defaultElsewhere(
    number('what is looked at round the seeds, mm', { min: 0, max: 500 }),
    '12',
  ),
  liver: withDefault(
    choice(
      ['reference', 'all', 'none'],
      'phases on which the lesion stays within the liver mask; all only if they are registered',
    ),
    'reference',
  ),
  prob: flag('also write the probability of the lesion'),
  workers: defaultElsewhere(integer('worker threads', { min: 1 }), 'one a core'),
};

export const segment = defineCommand({
  name: 'segment',
  summary: 'draw masks from seeds',
  description:
    'Segments every lesion that has seeds in dataset.yaml by a random walk, on each phase or jointly on registered phases, and writes ' +
    'the masks with a dataset.yaml that points at them. The source stays as it is. Look at the masks: a person answers for them. ' +
    'Only what changed since the last call is done; one bad case does not stop the others.',
  examples: [
    'flc-native segment --dataset data/dataset.yaml --out segmented',
    'flc-native segment --dataset registered/dataset.yaml --out segmented --joint --prob',
  ],
  options,
  async run(settings, { signal, progress, note, verbose }) {
    const { readDataset, segmentDataset } = await import('@flc-native/pipeline');
    const { dataset, out, prob, joint, ...plain } = settings;
    const given = Object.fromEntries(
      Object.entries(plain).filter(([, value]) => value !== undefined),
    );
    const bar = progress('segment');
    const source = await readDataset(dataset);
    const done = await segmentDataset(
      source,
      out,
      { joint, probabilities: prob, ...given },
      { signal, onProgress: ({ done: count, total }) => bar.update(count, total) },
    ).finally(() => bar.stop());
    const name = await caseNames(source, verbose);
    for (const { caseId, error } of done.failed)
      note(`case ${name(caseId)} failed.\n${formatFailure(toFlcError(error), verbose)}`);
    for (const { caseId, message } of done.warnings)
      note(`warning: case ${name(caseId)}: ${message}`);
    const { datasetFile: _, ...json } = done;
    return {
      exitCode: done.failed.length === 0 ? 0 : 3,
      json,
      text:
        `${done.segmented} cases segmented, ${done.reused} kept, ${done.failed.length} failed, ` +
        `${done.masks.length} masks, ${done.warnings.length} warnings (${done.seconds.toFixed(1)} s). ` +
        (done.masks.length === 0
          ? 'There is nothing to go on with: correct what is named above.'
          : `Next: flc-native check --dataset ${out}/dataset.yaml --sheet sheet.html`),
    };
  },
});
