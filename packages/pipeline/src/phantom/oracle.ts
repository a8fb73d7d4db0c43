import {
  atypicalMeans,
  atypicalShare,
  type Enhancement,
  lesionDeviations,
  type PhantomClass,
  type PhantomPhase,
  phantomClasses,
  phaseCorrelation,
  typicalMeans,
} from './enhancement.js';
import type { PhantomTruth } from './truth.js';

/** Probabilities by class, in the order of phantomClasses. */
export type ClassProbabilities = readonly [cyst: number, fnh: number, hcc: number, hem: number];

/**
 * Bayes' rule with the generator's own distributions: a class is a mixture of its typical and atypical Gaussians over
 * the latent mean HU of the phases.
 */
export function oracleProbabilities(
  lesion: Enhancement,
  phases: readonly PhantomPhase[],
  priors: ClassProbabilities,
): ClassProbabilities {
  const logs = phantomClasses.map((name, i) => {
    const typical =
      Math.log(1 - atypicalShare) + logDensity(lesion, typicalMeans[name], name, phases);
    const atypical =
      Math.log(atypicalShare) + logDensity(lesion, atypicalMeans[name], name, phases);
    return Math.log(priors[i] as number) + logSumExp([typical, atypical]);
  });
  const total = logSumExp(logs);
  return logs.map((value) => Math.exp(value - total)) as unknown as ClassProbabilities;
}

export interface OracleResult {
  readonly accuracy: number;
  readonly correct: number;
  readonly total: number;
  /** Decision by case, in the order of the cohort. */
  readonly predictions: readonly PhantomClass[];
}

/**
 * Accuracy of the best decision on the latent mean values of a cohort: the ceiling of every method that looks at nothing
 * but a lesion's mean HU. Patterns within the lesion (scar, capsule, nodules) carry more, so that a method that sees
 * them may come out above.
 */
export function oracleAccuracy(truth: PhantomTruth): OracleResult {
  const total = truth.cases.length;
  const priors = phantomClasses.map(
    (name) => truth.cases.filter((one) => one.class === name).length / total,
  ) as unknown as ClassProbabilities;
  const predictions = truth.cases.map(({ enhancement }) => {
    const probabilities = oracleProbabilities(enhancement.lesion, truth.phases, priors);
    return phantomClasses[probabilities.indexOf(Math.max(...probabilities))] as PhantomClass;
  });
  const correct = truth.cases.filter((one, i) => one.class === predictions[i]).length;
  return { accuracy: correct / total, correct, total, predictions };
}

/** Gaussian with standard deviations s and equal correlation r, by the closed form of its inverse and determinant. */
function logDensity(
  lesion: Enhancement,
  means: Enhancement,
  name: PhantomClass,
  phases: readonly PhantomPhase[],
): number {
  const r = phaseCorrelation[name];
  const n = phases.length;
  const z = phases.map((phase) => (lesion[phase] - means[phase]) / lesionDeviations[phase]);
  const sum = z.reduce((a, b) => a + b, 0);
  const squares = z.reduce((a, b) => a + b * b, 0);
  const shared = 1 + (n - 1) * r;
  const distance = (squares - (r / shared) * sum * sum) / (1 - r);
  const logDeterminant =
    (n - 1) * Math.log(1 - r) +
    Math.log(shared) +
    2 * phases.reduce((a, phase) => a + Math.log(lesionDeviations[phase]), 0);
  return -0.5 * (distance + logDeterminant + n * Math.log(2 * Math.PI));
}

function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
