import {
  decimalInterval,
  decimals,
  meanAndDeviation,
  percent,
  percentInterval,
  points,
  pText,
  undefinedMark,
} from '../format/number.js';
import type { Table } from '../format/table.js';
import type { Measure } from '../metrics/measure.js';
import type { ComparisonModel } from './comparison-model.js';
import { sumOfLessProbable } from './comparison-statements.js';
import { rowName, sumOfCounts } from './comparison-tables.js';

/** Balanced accuracy, macro F1, kappa, AUC with intervals, and calibration error of every method. */
export function scoreComparisonTable(model: ComparisonModel): Table {
  const share = (of: Measure) => withInterval(percent(of.value), percentInterval(of));
  const plain = (of: Measure) => withInterval(decimals(of.value), decimalInterval(of));
  return {
    caption: 'Scores, mean over the partitions (95 % interval)',
    header: [
      'Method',
      'Balanced accuracy',
      'Macro F1',
      'Kappa',
      'Mean AUC',
      'Calibration error',
      'Not the most probable',
    ],
    rows: model.methods.map((method) => [
      rowName(model, method),
      share(method.joint.balancedAccuracy),
      plain(method.joint.macroF1),
      plain(method.joint.kappa),
      plain(method.joint.macroAuc),
      decimals(method.summary.calibrationError.mean),
      lessProbableCell(method.runs),
    ]),
    notes: [
      'Intervals: of balanced accuracy from those of the classes; others percentile bootstrap over patients, and none below ten patients with a wrong, or with a right, decision.',
      'Mean AUC: each class against the rest. Calibration error: expected calibration error over 10 bins; without an interval, because drawing with replacement inflates it.',
      'Not the most probable: decisions for another class than the most probable one; where there are many, AUC and calibration error describe another decision than the accuracy.',
      `${undefinedMark} : the method gives no class probabilities, has no results, or a class is absent.`,
    ],
  };
}

/** The reference against every other method; null without a reference or without others. */
export function testTable(model: ComparisonModel): Table | null {
  const { reference, tests, unit } = model;
  if (reference === null || tests.length === 0) return null;
  return {
    caption: `${reference.entry.title} against the others`,
    header: [
      'Against',
      'Difference',
      '95 % interval',
      'p, sign flip',
      'Holm',
      'Won',
      'Lost',
      'p, McNemar',
      'Holm',
      'Detectable',
    ],
    rows: tests.map((test) => {
      const method = model.methods.find(({ entry }) => entry.method === test.method);
      const { interval, detectable } = test;
      return [
        method === undefined ? test.method : rowName(model, method),
        points(test.difference),
        interval === null
          ? undefinedMark
          : `${points(interval.lower)} – ${points(interval.upper)}`.replace(' – ', ' to '),
        pText(test.pValue),
        pText(test.correctedPValue),
        `${test.onlyReference}`,
        `${test.onlyOther}`,
        pText(test.mcNemar),
        pText(test.correctedMcNemar),
        detectable === null ? undefinedMark : (100 * detectable).toFixed(1),
      ];
    }),
    notes: [
      `Difference: accuracy of the reference minus that of the other in percentage points, mean over the partitions that both have. Won: ${unit}s, each counted once, that only the reference decides rightly; lost: those that only the other does.`,
      `Sign flip: if both are equally good, each patient’s summed difference, over ${unit}s, partitions and seeds, has either sign with the same chance; ${tests.every((of) => of.pMethod === 'exact') ? 'all signs are counted' : 'where there are too many to count, signs are drawn'}. McNemar: exact, two-sided; it takes ${unit}s as independent and counts each once, in the first partition that tests it${model.size.seeds > 1 ? ', with the first seed' : ''}.`,
      `95 % interval: Student’s t over patients; the p-value, not whether the interval holds 0, decides. ${undefinedMark} : fewer than six patients on whom the two differ, or the same difference in all.`,
      `Holm: the p-value before it, corrected for the ${tests.length} comparisons of this table.`,
      'Detectable, points: smallest true difference found with a power of 80 % at the 5 % level before the correction, 2.80 standard errors of the paired difference.',
    ],
  };
}

/** Network rows with both denominators; null without network rows or without the cohort. */
export function denominatorTable(model: ComparisonModel): Table | null {
  const rows = model.methods.filter(({ ordinary }) => ordinary !== null);
  if (rows.length === 0) return null;
  return {
    caption: 'Network rows with both denominators',
    header: [
      'Method',
      'All lesions',
      'Right / all',
      'With an ordinary patch',
      'Right / all',
      'Left out',
    ],
    rows: rows.map((method) => [
      rowName(model, method),
      meanAndDeviation(method.summary.accuracy),
      sumOfCounts(method.runs.map((run) => run.metrics.accuracy)),
      ...(method.ordinary === null
        ? []
        : [
            meanAndDeviation(method.ordinary.accuracy),
            sumOfCounts(method.ordinary.runs),
            `${method.ordinary.leftOut}`,
          ]),
    ]),
    notes: [
      'Per cent. The paper’s network rows leave out the lesions without a patch that lies in the lesion by the ordinary share. Ours decide every lesion; the second denominator is printed to be held against the paper’s.',
    ],
  };
}

function lessProbableCell(runs: ComparisonModel['methods'][number]['runs']): string {
  const { less, of } = sumOfLessProbable(runs);
  return of === 0 ? undefinedMark : `${less}/${of}`;
}

function withInterval(value: string, interval: string): string {
  return interval === undefinedMark ? value : `${value} (${interval.replace(' %', '')})`;
}
