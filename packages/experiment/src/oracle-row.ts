import { type EvaluationResult, lesionsOf } from '@flc-native/classifier';
import { FlcError } from '@flc-native/errors';
import {
  oracleProbabilities,
  type Partition,
  type PhantomTruth,
  type Prepared,
  phantomClasses,
  pseudonym,
  samplesOfPart,
} from '@flc-native/pipeline';

/**
 * The best decision on the latent mean HU of phantoms (method.md section 9), as a row of the table: the ceiling of
 * whatever looks at a lesion's mean values alone.
 *
 * @param key of the dataset's pseudonyms, if it has one
 * @throws FlcError DATA_ERROR if the truth is of another cohort, or the cohort has other classes
 */
export function oracleEvaluation(
  prepared: Prepared,
  partition: Partition,
  truth: PhantomTruth,
  key?: Uint8Array,
): EvaluationResult {
  const { classes, synthetic } = prepared.index;
  const cases = new Map(truth.cases.map((one) => [pseudonym(one.id, key), one]));
  const priors = phantomClasses.map(
    (name) => truth.cases.filter((one) => one.class === name).length / truth.cases.length,
  ) as unknown as Parameters<typeof oracleProbabilities>[2];
  const lesions = lesionsOf(samplesOfPart(prepared.index.samples, partition, 'test'));
  const predictions = lesions.map(({ id, patientId, class: label, samples }) => {
    const found = cases.get(samples[0]?.caseId ?? '');
    if (
      found === undefined ||
      classes.some((name) => !phantomClasses.some((one) => one === name))
    ) {
      throw new FlcError('DATA_ERROR', 'The truth is not that of the prepared phantoms', {
        details: { lesion: id },
        remedy: 'Give the truth.json that lies beside the dataset.yaml of this cohort.',
      });
    }
    const by = oracleProbabilities(found.enhancement.lesion, truth.phases, priors);
    const probabilities = classes.map(
      (name) => by[(phantomClasses as readonly string[]).indexOf(name)] ?? 0,
    );
    return {
      ...{ id, patientId, truth: label, probabilities, proportions: [], meanProbabilities: [] },
      predicted: classes[probabilities.indexOf(Math.max(...probabilities))] ?? '',
      sliceIds: samples.map((sample) => sample.id),
      warnings: [],
    };
  });
  const provenance = { partition: partition.name, part: 'test' };
  const head = { name: partition.name, classes, unit: 'lesion', synthetic } as const;
  return { ...head, predictions, labelMaps: [], provenance };
}
