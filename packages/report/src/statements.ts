import { counts, percent } from './format/number.js';
import type { ReportedEvaluation, ReportModel } from './report-model.js';

/** Sentences that every output form carries unchanged. */
export const notADevice =
  'Research software, not a medical device. Nothing here may be used to diagnose or to treat a person.';

export const syntheticData =
  'Synthetic data: these lesions are computer-generated phantoms. No number on this page says how the method does on patients.';

export const aboutMethod =
  'Focal liver lesions in multi-phase CT, classified by ResGL-BDLSTM patches, a label map per lesion and an SVM on its class proportions (Liang et al., MICCAI 2018).';

/** How many lesions were scored, and which were not. */
export function scoredSentence({ evaluation, metrics }: ReportedEvaluation): string {
  const unit = evaluation.unit === 'slice' ? 'slices' : 'lesions';
  const without =
    metrics.unlabelled.length === 0
      ? ''
      : ` ${metrics.unlabelled.length} without a known class are listed and not scored.`;
  return `${metrics.lesions} ${unit} of ${metrics.patients} patients are scored.${without}`;
}

/** The second denominator: without the lesions that other work leaves out. Empty where there are none. */
export function ordinaryPatchSentence({ metrics, ordinaryAccuracy }: ReportedEvaluation): string {
  if (ordinaryAccuracy === null) return '';
  const left = metrics.lesions - ordinaryAccuracy.of;
  return `${left} of ${metrics.lesions} have no patch of the ordinary coverage. They are scored; without them the accuracy is ${percent(ordinaryAccuracy.value)} (${counts(ordinaryAccuracy)}).`;
}

export function banners(model: ReportModel): string[] {
  return model.synthetic ? [syntheticData, notADevice] : [notADevice];
}
