import type { Measure } from '../metrics/measure.js';
import type { Metrics } from '../metrics/metrics.js';
import type { PartitionSummary } from '../metrics/partitions.js';
import {
  counts,
  decimalInterval,
  decimals,
  meanAndDeviation,
  percent,
  percentInterval,
  undefinedMark,
} from './number.js';
import type { Table } from './table.js';

const intervalNote =
  'Intervals take patients as what was sampled. Accuracy: Wilson, on as many lesions as those of a patient are worth. Balanced accuracy: from the intervals of the classes. Others: percentile bootstrap.';

/** The scores of one evaluation, one line each. */
export function scoreTable(metrics: Metrics, caption: string): Table {
  const plain = (name: string, measure: Measure) => [
    name,
    decimals(measure.value),
    decimalInterval(measure),
  ];
  const share = (name: string, measure: Measure, counted = '') => [
    name,
    `${percent(measure.value)}${counted}`,
    percentInterval(measure),
  ];
  const { accuracy } = metrics;
  const measures = [
    accuracy,
    metrics.balancedAccuracy,
    metrics.macroF1,
    metrics.kappa,
    metrics.macroAuc,
    metrics.calibrationError,
  ];
  return {
    caption,
    header: ['Score', 'Value', '95 % interval'],
    rows: [
      share('Accuracy', accuracy, ` (${counts(accuracy)})`),
      share('Balanced accuracy', metrics.balancedAccuracy),
      plain('Macro F1', metrics.macroF1),
      plain("Cohen's kappa", metrics.kappa),
      plain('Mean AUC, one against the rest', metrics.macroAuc),
      plain('Expected calibration error', metrics.calibrationError),
      ...(metrics.lessProbable === null
        ? []
        : [
            [
              'Decided class is not the most probable',
              `${metrics.lessProbable} / ${metrics.lesions}`,
              undefinedMark,
            ],
          ]),
    ],
    notes: [...(measures.some(hasInterval) ? [intervalNote] : []), ...reasons(measures)],
  };
}

/** Accuracy (sensitivity), specificity, F1 and AUC of each class. */
export function classTable(metrics: Metrics, caption: string): Table {
  return {
    caption,
    header: ['Class', 'Accuracy', 'Right / all', '95 % interval', 'Specificity', 'F1', 'AUC'],
    rows: metrics.perClass.map((of) => [
      of.class,
      percent(of.accuracy.value),
      counts(of.accuracy),
      percentInterval(of.accuracy),
      percent(of.specificity.value),
      decimals(of.f1.value),
      decimals(of.auc.value),
    ]),
    notes: reasons(metrics.perClass.flatMap((of) => [of.accuracy, of.specificity, of.auc])),
  };
}

/** Lesions by true class (rows) and decision (columns). */
export function confusionTable(metrics: Metrics, caption: string): Table {
  return {
    caption,
    header: ['Truth \\ decision', ...metrics.classes, 'All'],
    rows: metrics.confusion.map((row, r) => [
      metrics.classes[r] ?? '',
      ...row.map(String),
      String(row.reduce((a, b) => a + b, 0)),
    ]),
    notes: [],
  };
}

/** Per cent right by class and in total over the partitions, in the form of the paper's Table 2; one line a method. */
export function partitionTable(
  methods: readonly { readonly name: string; readonly summary: PartitionSummary }[],
  caption: string,
): Table {
  const first = methods[0]?.summary;
  const partitions = first?.partitions.length ?? 0;
  const spread =
    partitions < 2
      ? 'Per cent. One partition only, so there is no standard deviation.'
      : `Per cent, mean ± sample standard deviation (n - 1) over ${partitions} partitions.`;
  return {
    caption,
    header: ['Method', ...(first?.perClass.map((of) => of.class) ?? []), 'Total'],
    rows: methods.map(({ name, summary }) => [
      name,
      ...summary.perClass.map((of) => meanAndDeviation(of.accuracy)),
      meanAndDeviation(summary.accuracy),
    ]),
    notes: [spread, ...methods.flatMap(({ name, summary }) => missing(name, summary))],
  };
}

function missing(name: string, summary: PartitionSummary): string[] {
  const incomplete = [...summary.perClass.map((of) => of.accuracy), summary.accuracy].filter((of) =>
    of.values.includes(null),
  );
  return [...new Set(incomplete.map((of) => `${name}: ${of.reason}.`))];
}

function reasons(measures: readonly Measure[]): string[] {
  const found = measures.flatMap(({ reason }) => reason ?? []);
  return [...new Set(found)].map((reason) => `${undefinedMark} : ${reason}.`);
}

function hasInterval(measure: Measure): boolean {
  return measure.value !== null && measure.interval !== null;
}
