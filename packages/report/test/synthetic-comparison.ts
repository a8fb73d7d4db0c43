import { type Random, randomStream } from '@flc-native/pipeline';
import type { ComparisonEntry, ComparisonInput } from '../src/comparison/comparison.js';
import type { EvaluationResult, LesionPrediction } from '../src/evaluation.js';
import { classes } from './predictions.js';
import { syntheticCohort } from './synthetic-cohort.js';

const rows: readonly (readonly [
  method: string,
  title: string,
  group: ComparisonEntry['group'],
  accuracy: number,
  paperRow?: string,
])[] = [
  ['roy', 'Roy et al. 2014', 'classic', 0.55, 'Roy [3]'],
  ['yang', 'Yang et al. 2012', 'classic', 0.7, 'Yang [5]'],
  ['diamant', 'Diamant et al. 2017', 'classic', 0.72, 'Diamant [6]'],
  ['yasaka', 'Yasaka et al. 2018', 'network', 0.85, 'Yasaka [12]'],
  ['resnet-local', 'ResNet_Local', 'network', 0.8, 'ResNet_Local'],
  ['resgl-bdlstm', 'ResGL-BDLSTM', 'network', 0.9, 'ResGL-BDLSTM'],
  ['only-art', 'ResGL-BDLSTM, arterial phase alone', 'ablation', 0.6],
  ['oracle', 'Bayes decision on latent values', 'oracle', 0.97],
];

/** Eight methods on two partitions of one synthetic cohort; some patients are tested in both. */
export function syntheticComparison(
  lesions: number,
  seed = 1,
): ComparisonInput & { prepared: NonNullable<ComparisonInput['prepared']> } {
  const { evaluation, prepared, events } = syntheticCohort(lesions, seed);
  const patients = [...new Set(evaluation.predictions.map((of) => of.patientId))];
  const partitions = ['set1', 'set2'].map((name, p) => {
    const inPart = (of: number) => patients.filter((_, i) => (i * 7 + p) % 5 === of);
    return {
      name,
      test: [...inPart(0), ...inPart(1)],
      val: inPart(2),
      train: [...inPart(3), ...inPart(4)],
    };
  });
  const entries = rows.map(([method, title, group, accuracy, paperRow]): ComparisonEntry => {
    const network = group === 'network' || group === 'ablation';
    return {
      method,
      title,
      group,
      citation: `${title}, a journal 1:1.`,
      ...(paperRow === undefined ? {} : { paperRow }),
      evaluations: partitions.map(({ name, test }) => {
        const random = randomStream(seed, `${method} ${name}`);
        const tested = evaluation.predictions.filter((of) => test.includes(of.patientId));
        const predictions = tested.map((of) => decide(random, of, accuracy, network));
        const slices = new Set(predictions.flatMap((of) => of.sliceIds));
        return {
          ...evaluation,
          name,
          predictions,
          labelMaps: network ? evaluation.labelMaps.filter((of) => slices.has(of.sampleId)) : [],
          provenance: { ...evaluation.provenance, partition: name },
        } satisfies EvaluationResult;
      }),
      seconds: 12.3,
      settings: { words: 256, svm: { C: 8, gamma: 0.125 } },
      deviations: ['One mask for all phases.'],
      ...(method === 'resgl-bdlstm' ? { events: [{ name: 'set1', events }] } : {}),
    };
  });
  return {
    title: 'Comparison on synthetic lesions',
    classes,
    synthetic: true,
    entries,
    prepared,
    splits: { partitions },
    caption: 'Networks at widths 8/16/32, n = 1, 300 steps: smaller than the paper’s.',
    provenance: { version: '0.1.0', seed, preparedHash: '4b6f0c5d1f0e4f7b' },
    replicates: 200,
  };
}

/** Right with the given chance; networks put the label map's shares near the decision, others give none. */
function decide(
  random: Random,
  of: LesionPrediction,
  accuracy: number,
  network: boolean,
): LesionPrediction {
  const right = random.uniform() < accuracy;
  const predicted = right && of.truth !== null ? of.truth : (classes[random.int(4)] as string);
  const raw = classes.map((name) => random.uniform(0, 0.5) + (name === predicted ? 1 : 0));
  const sum = raw.reduce((a, b) => a + b, 0);
  const probabilities = raw.map((value) => value / sum);
  return { ...of, predicted, probabilities, proportions: network ? probabilities : [] };
}
