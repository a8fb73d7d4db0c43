import type { Measure, Proportion } from '../metrics/measure.js';
import type { Metrics } from '../metrics/metrics.js';
import { type CsvCell, toCsv } from './csv.js';

const header = [
  'partition',
  'metric',
  'class',
  'value',
  'count',
  'of',
  'lower',
  'upper',
  'interval',
  'reason',
] as const;

/** One line per metric, class and partition, with counts, interval and the reason where a value is missing. */
export function metricsCsv(
  runs: readonly { readonly name: string; readonly metrics: Metrics }[],
): string {
  return toCsv(
    header,
    runs.flatMap(({ name, metrics }) => metricRows(name, metrics)),
  );
}

function metricRows(partition: string, metrics: Metrics): CsvCell[][] {
  const whole: [string, Measure | Proportion][] = [
    ['accuracy', metrics.accuracy],
    ['balancedAccuracy', metrics.balancedAccuracy],
    ['macroF1', metrics.macroF1],
    ['kappa', metrics.kappa],
    ['macroAuc', metrics.macroAuc],
    ['calibrationError', metrics.calibrationError],
  ];
  const rows = whole.map(([metric, measure]) => row(partition, metric, '', measure));
  const { lessProbable, lesions } = metrics;
  rows.push([partition, 'lessProbable', '', null, lessProbable, lesions, null, null, '', '']);
  for (const of of metrics.perClass) {
    rows.push(row(partition, 'accuracy', of.class, of.accuracy));
    rows.push(row(partition, 'specificity', of.class, of.specificity));
    rows.push(row(partition, 'f1', of.class, of.f1));
    rows.push(row(partition, 'auc', of.class, of.auc));
  }
  return rows;
}

function row(
  partition: string,
  metric: string,
  className: string,
  measure: Measure | Proportion,
): CsvCell[] {
  const [count, of] = 'count' in measure ? [measure.count, measure.of] : [null, null];
  if (measure.value === null) {
    return [partition, metric, className, null, count, of, null, null, '', measure.reason];
  }
  const { value, interval, reason = '' } = measure;
  const bounds =
    interval === null
      ? [null, null, '', reason]
      : [interval.lower, interval.upper, interval.method, ''];
  return [partition, metric, className, value, count, of, ...bounds];
}
