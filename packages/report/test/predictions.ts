import { readFileSync } from 'node:fs';
import type { LesionPrediction } from '../src/evaluation.js';

export interface ReferenceCase {
  truth: string[];
  predicted: string[];
  probabilities: number[][];
  patient: number[];
  expected: {
    accuracy: number;
    balancedAccuracy: number;
    macroF1: number;
    f1: number[];
    kappa: number;
    auc: number[];
    macroAuc: number;
    sensitivity: number[];
    specificity: number[];
    confusion: number[][];
    calibrationError: number;
    interval: [number, number];
    intervalByClass: [number, number][];
  };
}

/** Written by test/reference/metrics.py with scikit-learn 1.7.2 and statsmodels 0.14.5. */
export const reference = JSON.parse(
  readFileSync(new URL('./reference/metrics.json', import.meta.url), 'utf8'),
) as {
  classes: string[];
  cases: ReferenceCase[];
  wilson: { count: number; of: number; interval: [number, number] }[];
  quantiles: { values: number[]; q: number[]; expected: number[] };
};

export const classes = reference.classes;

export function toPredictions(source: ReferenceCase): LesionPrediction[] {
  return source.truth.map((truth, i) =>
    prediction({
      id: `lesion-${i}`,
      patientId: `patient-${source.patient[i]}`,
      truth,
      predicted: source.predicted[i] ?? '',
      probabilities: source.probabilities[i] ?? [],
    }),
  );
}

export function prediction(parts: Partial<LesionPrediction>): LesionPrediction {
  return {
    id: 'lesion',
    patientId: 'patient',
    truth: 'cyst',
    predicted: 'cyst',
    probabilities: [],
    proportions: [],
    sliceIds: [],
    warnings: [],
    ...parts,
  };
}
