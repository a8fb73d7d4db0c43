import { comparisonMethods } from '@flc-native/baselines';
import { dataHash, type Lesion, unitsOf } from '@flc-native/classifier';
import { FlcError } from '@flc-native/errors';
import { type Part, samplesOfPart } from '@flc-native/pipeline';
import { withoutTestLabels } from './blind.js';
import type { ClassicRow } from './rows.js';
import type { JobContext, JobResult } from './run-job.js';

/** Fits a classic method and classifies the test part. */
export async function runClassic(row: ClassicRow, context: JobContext): Promise<JobResult> {
  const { prepared, partition, job, signal, onProgress } = context;
  const { seed, unit, classic } = job.settings;
  const method = comparisonMethods.find(({ name }) => name === row.key);
  if (method === undefined) throw new FlcError('INTERNAL', `There is no method ${row.key}`);
  const part = (name: Part) =>
    unitsOf(samplesOfPart(prepared.index.samples, partition, name), unit);
  const fitted = await method.fit(
    {
      prepared: withoutTestLabels(prepared, partition),
      train: part('train').map(labelled),
      val: part('val').map(labelled),
      seed,
      workers: 1,
      signal,
      onProgress: ({ stage, done, total }) =>
        onProgress(0.9 * (total === 0 ? 0 : done / total), stage),
    },
    { ...classic[row.key] },
  );
  const test = part('test');
  const unlabelled = test.map(({ class: _class, samples, ...lesion }) => ({
    ...lesion,
    samples: samples.map((sample) => ({ ...sample, class: null })),
  }));
  const predictions = await fitted.predict(unlabelled, signal);
  const byId = new Map(predictions.map((prediction) => [prediction.id, prediction]));
  return {
    description: fitted.description,
    evaluation: {
      name: partition.name,
      classes: prepared.index.classes,
      unit,
      synthetic: prepared.index.synthetic,
      predictions: test.map(({ id, patientId, class: truth, samples }) => {
        const found = byId.get(id);
        if (found === undefined) throw new FlcError('INTERNAL', `${row.key} left out lesion ${id}`);
        return {
          ...{ id, patientId, truth, predicted: found.predicted },
          probabilities: found.probabilities,
          proportions: [],
          meanProbabilities: [],
          sliceIds: samples.map((sample) => sample.id),
          warnings: found.warnings,
        };
      }),
      labelMaps: [],
      provenance: { partition: partition.name, part: 'test', dataHash: dataHash(prepared), seed },
    },
  };
}

function labelled(lesion: Lesion) {
  if (lesion.class === null) throw new FlcError('INTERNAL', 'a lesion of a part has no class');
  return { ...lesion, class: lesion.class };
}
