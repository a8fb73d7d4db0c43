import { toFlcError } from '@flc-native/errors';
import { caseNames } from '../case-names.js';
import { defineCommand } from '../command.js';
import { formatFailure } from '../failure.js';
import { choice, defaultElsewhere, integer, required, text, withDefault } from '../option.js';
import { registrationMemory } from '../registration-memory.js';

const options = {
  dataset: required(text('<file>', 'dataset.yaml')),
  out: required(
    text('<dir>', 'folder of the registered cohort; what is there and unchanged is kept'),
  ),
  method: withDefault(
    choice(
      ['none', 'centroid', 'rigid', 'affine', 'bspline'],
      'how far phases may be moved: not at all, by the centroids of per-phase masks, as a body, also sheared and scaled, or deformed',
    ),
    'bspline',
  ),
  transforms: defaultElsewhere(
    text('<dir>', 'folder of the transforms, to share them with prepare'),
    'registration within --out',
  ),
  workers: defaultElsewhere(
    integer('worker threads; fewer where memory is short', { min: 1 }),
    'one a core',
  ),
  memory: registrationMemory,
};

export const register = defineCommand({
  name: 'register',
  summary: 'move the phases onto the reference phase',
  description:
    'Moves every phase of every case, with its masks, onto the reference phase, and writes a cohort whose phases lie on one grid. ' +
    'Parameters stand under "registration" in dataset.yaml. Each pair gets a record of its quality and a picture in registration/; ' +
    'pairs that look wrong are listed at the end. Only what changed since the last call is done.',
  examples: [
    'flc-native register --dataset data/dataset.yaml --out registered',
    'flc-native register --dataset data/dataset.yaml --out registered --method affine',
  ],
  options,
  async run(settings, { signal, progress, note, verbose }) {
    const { readDataset, registerDataset } = await import('@flc-native/pipeline');
    const { dataset, out, method, transforms, workers, memory } = settings;
    const bar = progress('register');
    const source = await readDataset(dataset);
    const done = await registerDataset(
      source,
      out,
      {
        method,
        ...(transforms === undefined ? {} : { transforms }),
        ...(workers === undefined ? {} : { workers }),
        ...(memory === undefined ? {} : { memory }),
      },
      { signal, onProgress: ({ done: count, total }) => bar.update(count, total) },
    ).finally(() => bar.stop());
    const name = await caseNames(source, verbose);
    for (const { caseId, phase, error } of done.failed)
      note(
        `case ${name(caseId)}, phase ${phase} failed.\n${formatFailure(toFlcError(error), verbose)}`,
      );
    for (const { caseId, phase, message } of done.warnings)
      note(`warning: case ${name(caseId)}, phase ${phase}: ${message}`);
    const { datasetFile: _, ...json } = done;
    return {
      exitCode: done.failed.length === 0 ? 0 : 3,
      json,
      text:
        `${done.registered} phases moved, ${done.reused} kept, ${done.failed.length} failed, ` +
        `${done.warnings.length} warnings (${done.seconds.toFixed(1)} s, ${done.workers} workers). ` +
        (done.registered + done.reused === 0 && done.failed.length > 0
          ? 'There is nothing to go on with: correct what is named above.'
          : `Next: flc-native prepare --dataset ${out}/dataset.yaml --out prepared`),
    };
  },
});
