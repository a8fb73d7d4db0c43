import type { EvaluationResult } from './evaluation.js';
import { counts, percent } from './format/number.js';
import type { ReportedEvaluation, ReportModel } from './report-model.js';

/** Sentences that every output form carries unchanged. */
export const notADevice =
  'Research software, not a medical device. Nothing here may be used to diagnose or to treat a person.';

export const syntheticData =
  'Synthetic data: these lesions are computer-generated phantoms. No number on this page says how the method does on patients.';

const fitted: Readonly<Record<string, string>> = {
  train: 'Not a test: the method learned from these lesions (part train).',
  val: 'Not a test: these lesions (part val) chose the step at which training stopped and the settings of the SVM, which then learned from them.',
};

/** What to say of lesions that are no test part; null for a test part. */
export function fittedPart({ provenance }: EvaluationResult): string | null {
  const { part } = provenance;
  return typeof part === 'string' ? (fitted[part] ?? null) : null;
}

/** How many lesions were scored, and which were not. */
export function scoredSentence({ evaluation, metrics }: ReportedEvaluation): string {
  const unit = evaluation.unit === 'slice' ? 'slices' : 'lesions';
  const without =
    metrics.unlabelled.length === 0
      ? ''
      : ` ${metrics.unlabelled.length} without a known class are listed and not scored.`;
  return `${metrics.lesions} ${unit} of ${metrics.patients} patients are scored.${without}`;
}

/** Where probabilities belong to another decision than the one that is scored; empty where they do not. */
export function lessProbableSentence({ evaluation, metrics }: ReportedEvaluation): string {
  const { lessProbable, lesions } = metrics;
  if (lessProbable === null || lessProbable === 0) return '';
  return `In ${lessProbable} of ${lesions} ${evaluation.unit}s the decided class is not the most probable one; there AUC and calibration describe another decision than the accuracy does.`;
}

/** The second denominator: without the lesions that other work leaves out. Empty where there are none. */
export function ordinaryPatchSentence({ metrics, ordinaryAccuracy }: ReportedEvaluation): string {
  if (ordinaryAccuracy === null) return '';
  const left = metrics.lesions - ordinaryAccuracy.of;
  return `${left} of ${metrics.lesions} have no patch of the ordinary coverage. They are scored; without them the accuracy is ${percent(ordinaryAccuracy.value)} (${counts(ordinaryAccuracy)}).`;
}

/** What every output form says first. */
export function banners(model: ReportModel): string[] {
  const parts = model.evaluations.flatMap(({ evaluation }) => fittedPart(evaluation) ?? []);
  return [
    ...[...new Set(parts)].map(
      (part) =>
        `${part} No number here says how it does on other patients, so none has an interval.`,
    ),
    ...(model.synthetic ? [syntheticData] : []),
    notADevice,
  ];
}
