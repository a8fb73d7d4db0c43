import { FlcError, toFlcError } from '@flc-native/errors';
import { caseNames } from '../case-names.js';
import { defineCommand } from '../command.js';
import { formatFailure } from '../failure.js';
import {
  choice,
  custom,
  defaultElsewhere,
  integer,
  number,
  required,
  text,
  withDefault,
} from '../option.js';
import { registrationMemory } from '../registration-memory.js';
import { shellWord } from '../shell-word.js';

const options = {
  dataset: required(text('<file>', 'dataset.yaml')),
  out: required(
    text('<dir>', 'folder of the prepared cohort; what is there and unchanged is kept'),
  ),
  slices: withDefault(
    custom(
      '<largest|all|n>',
      'slices of a lesion: the largest, all, or every n-th',
      'largest, all or a whole number from 2',
      toSlices,
    ),
    'largest' as const,
  ),
  align: withDefault(
    choice(
      ['none', 'centroid', 'rigid', 'affine', 'bspline'],
      'how phases come to lie on the reference: as they are, shifted by the centroids of per-phase masks, or registered',
    ),
    'none',
  ),
  transforms: defaultElsewhere(
    text('<dir>', 'folder of the transforms of a registration, to share them with register'),
    'registration within --out',
  ),
  background: withDefault(
    choice(['lower', 'zero', 'keep'], 'what pixels outside the mask become'),
    'lower',
  ),
  inPlaneSpacing: number('resample slices to this spacing, mm (default: as they are)', {
    min: 0.1,
    max: 10,
  }),
  coverage: withDefault(
    number('share of a patch that must lie in the mask', { min: 0, max: 1 }),
    0.9,
  ),
  workers: defaultElsewhere(integer('worker threads', { min: 1 }), 'one a core'),
  memory: registrationMemory,
  shard: custom(
    '<i/n>',
    'do the i-th of n parts, as in a cluster job array; then call prepare once without it',
    'two whole numbers such as 3/8, the first from 1 to the second',
    toShard,
  ),
};

export const prepare = defineCommand({
  name: 'prepare',
  summary: 'cut the lesions out of the volumes',
  description:
    'Cuts every lesion out of its volumes. Only what changed since the last call is done; one bad case does not stop the others.',
  examples: [
    'flc-native prepare --dataset data/dataset.yaml --out prepared',
    'flc-native prepare --dataset data/dataset.yaml --out prepared --slices 3 --align centroid',
    'flc-native prepare --dataset data/dataset.yaml --out prepared --align bspline',
    'flc-native prepare --dataset data/dataset.yaml --out prepared --shard $SLURM_ARRAY_TASK_ID/8',
  ],
  options,
  async run(settings, { signal, progress, note, verbose }) {
    const { counted, prepareDataset, readDataset } = await import('@flc-native/pipeline');
    const { dataset, out, workers, memory, inPlaneSpacing, transforms, shard, ...plain } = settings;
    const bar = progress('prepare');
    const source = await readDataset(dataset);
    const done = await prepareDataset(
      source,
      out,
      {
        ...plain,
        ...(workers === undefined ? {} : { workers }),
        ...(memory === undefined ? {} : { memory }),
        ...(transforms === undefined ? {} : { transforms }),
        ...(shard === undefined ? {} : { shard }),
        ...(inPlaneSpacing === undefined ? {} : { inPlaneSpacing }),
      },
      { signal, onProgress: ({ done: count, total }) => bar.update(count, total) },
    )
      .catch((thrown: unknown) => {
        throw withSameCommand(toFlcError(thrown));
      })
      .finally(() => bar.stop());
    const name = await caseNames(source, verbose);
    for (const { caseId, error } of done.failed)
      note(`case ${name(caseId)} failed.\n${formatFailure(toFlcError(error), verbose)}`);
    for (const { caseId, message } of done.warnings)
      note(`warning: case ${name(caseId)}: ${message}`);
    return {
      exitCode: done.failed.length === 0 ? 0 : 3,
      json: { ...done, failed: done.failed.map(({ caseId, error }) => ({ caseId, error })) },
      text:
        `${counted(done.prepared, 'case')} prepared, ${done.reused} kept, ${done.failed.length} failed; ` +
        `${counted(done.samples, 'slice')} in all (${done.seconds.toFixed(1)} s${perCase(done.times)}). ${next(settings, done.samples)}`,
    };
  },
});

/** An interruption says how to go on: cases that are done are kept, so the same call does the others. */
function withSameCommand(error: FlcError): FlcError {
  if (error.code !== 'CANCELLED') return error;
  const call = process.argv.slice(2).map(shellWord).join(' ');
  return new FlcError('CANCELLED', 'Stopped; the cases that were done are kept.', {
    details: error.details,
    remedy: `Go on with the same command: flc-native ${call}`,
    cause: error,
  });
}

function next(
  { dataset, out, shard }: { dataset: string; out: string; shard: unknown },
  samples: number,
): string {
  if (samples === 0) return 'There is nothing to go on with: correct what is named above.';
  if (shard === undefined) return `Next: flc-native split --prepared ${out}`;
  return `When all parts are done: flc-native prepare --dataset ${dataset} --out ${out}, with the same settings`;
}

function toShard(value: unknown): { index: number; count: number } | undefined {
  const [, index, count] = /^(\d+)\/(\d+)$/.exec(String(value)) ?? [];
  if (index === undefined || count === undefined) return undefined;
  const shard = { index: Number(index), count: Number(count) };
  return shard.index >= 1 && shard.index <= shard.count ? shard : undefined;
}

/** Median and longest time of a case, so that one that is out of line is seen; --json has all. */
function perCase(times: readonly { caseId: string; seconds: number }[]): string {
  const sorted = times.toSorted((a, b) => a.seconds - b.seconds);
  const [median, longest] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)];
  if (median === undefined || longest === undefined) return '';
  return `; a case ${median.seconds.toFixed(2)} s, the longest, ${longest.caseId}, ${longest.seconds.toFixed(2)} s`;
}

type Slices = 'largest' | 'all' | { readonly every: number };

function toSlices(value: unknown): Slices | undefined {
  if (value === 'largest' || value === 'all') return value;
  const every = Number(
    typeof value === 'object' && value !== null && 'every' in value ? value.every : value,
  );
  return Number.isInteger(every) && every >= 2 ? { every } : undefined;
}
