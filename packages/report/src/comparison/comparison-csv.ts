import { type CsvCell, toCsv } from '../format/csv.js';
import type { Measure } from '../metrics/measure.js';
import type { Aggregate } from '../metrics/partitions.js';
import type { ComparedMethod, ComparisonModel } from './comparison-model.js';
import { type PaperCell, paperCell } from './paper-table.js';

const header = [
  'method',
  'title',
  'group',
  'partition',
  'metric',
  'class',
  'value',
  'sd',
  'seedSd',
  'lower',
  'upper',
  'count',
  'of',
  'paper',
  'paperSd',
  'difference',
  'differenceLower',
  'differenceUpper',
  'p',
  'pCorrected',
  'reason',
] as const;

type Row = Partial<Record<(typeof header)[number], CsvCell>>;

/**
 * One line per method, metric, class and partition. The partition "all" is the mean over the partitions with standard
 * deviation and interval; its total accuracy also has the difference of the reference from the method.
 */
export function comparisonCsv(model: ComparisonModel): string {
  const rows = model.methods.flatMap((method) => {
    const { method: key, title, group } = method.entry;
    return [...meanRows(model, method), ...partitionRows(method)].map((row) => ({
      method: key,
      title,
      group,
      ...row,
    }));
  });
  return toCsv(
    header,
    rows.map((row: Row) => header.map((column) => row[column] ?? null)),
  );
}

function meanRows(model: ComparisonModel, { entry, summary, joint, paper }: ComparedMethod): Row[] {
  const test = model.tests.find((of) => of.method === entry.method);
  const difference = {
    difference: test?.difference ?? null,
    differenceLower: test?.interval?.lower ?? null,
    differenceUpper: test?.interval?.upper ?? null,
    p: test?.pValue ?? null,
    pCorrected: test?.correctedPValue ?? null,
  };
  const all = (metric: string, of: Aggregate | undefined, measure: Measure | null): Row => ({
    partition: 'all',
    metric,
    value: of?.mean ?? null,
    sd: of?.sd ?? null,
    seedSd: of?.seedSd ?? null,
    ...bounds(measure),
    reason: [of?.reason, measure?.reason].filter(Boolean).join('; '),
  });
  return [
    {
      ...all('accuracy', summary.accuracy, joint.accuracy),
      ...paperColumns(paper?.total ?? null),
      ...difference,
    },
    ...model.classes.map((name, c) => ({
      ...all('accuracy', summary.perClass[c]?.accuracy, joint.perClass[c]?.accuracy ?? null),
      ...paperColumns(paper && paperCell(paper, name)),
      class: name,
    })),
    all('balancedAccuracy', summary.balancedAccuracy, joint.balancedAccuracy),
    all('macroF1', summary.macroF1, joint.macroF1),
    all('kappa', summary.kappa, joint.kappa),
    all('macroAuc', summary.macroAuc, joint.macroAuc),
    all('calibrationError', summary.calibrationError, null),
  ];
}

/** Counts of each partition, and why a partition is missing. */
function partitionRows({ runs, missing, ordinary }: ComparedMethod): Row[] {
  const scored = runs.flatMap(({ partition, metrics }, r): Row[] => {
    const row = (metric: string, of: Measure & { count?: number; of?: number }): Row => ({
      partition,
      metric,
      value: of.value,
      count: of.count ?? null,
      of: of.of ?? null,
      ...(of.value === null ? { reason: of.reason } : {}),
    });
    const kept = ordinary?.runs[r];
    return [
      row('accuracy', metrics.accuracy),
      ...metrics.perClass.map((of) => ({ ...row('accuracy', of.accuracy), class: of.class })),
      row('balancedAccuracy', metrics.balancedAccuracy),
      row('macroF1', metrics.macroF1),
      row('kappa', metrics.kappa),
      row('macroAuc', metrics.macroAuc),
      row('calibrationError', metrics.calibrationError),
      { partition, metric: 'lessProbable', count: metrics.lessProbable, of: metrics.lesions },
      ...(kept === undefined ? [] : [row('ordinaryAccuracy', kept)]),
    ];
  });
  const absent = missing.map(({ partition, code, message }) => ({
    partition,
    metric: 'accuracy',
    reason: `${code}: ${message}`,
  }));
  return [...scored, ...absent];
}

function bounds(measure: Measure | null): Row {
  if (measure === null || measure.value === null) return {};
  return { lower: measure.interval?.lower ?? null, upper: measure.interval?.upper ?? null };
}

/** The paper prints per cent; the file holds shares. */
function paperColumns(cell: PaperCell | null): Row {
  if (cell === null) return {};
  return { paper: Number((cell[0] / 100).toFixed(6)), paperSd: Number((cell[1] / 100).toFixed(6)) };
}
