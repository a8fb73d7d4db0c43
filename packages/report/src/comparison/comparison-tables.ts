import { decimals, meanAndDeviation, percentInterval, undefinedMark } from '../format/number.js';
import type { Table } from '../format/table.js';
import type { Proportion } from '../metrics/measure.js';
import type { Aggregate } from '../metrics/partitions.js';
import type { ComparedMethod, ComparisonModel } from './comparison-model.js';
import { dataDiffer, missingNotes } from './comparison-statements.js';
import { paperCell, paperText } from './paper-table.js';

/** Per cent right by class and in total, in the form of the paper's Table 2, its total beside ours. */
export function methodTable(model: ComparisonModel): Table {
  const rows = model.methods.filter(({ entry }) => entry.group !== 'ablation');
  const table = accuracyTable(model, rows, 'Methods, as the paper’s Table 2');
  // After the total and its interval, before the counts.
  const at = model.classes.length + 3;
  return {
    ...table,
    header: table.header.toSpliced(at, 0, 'Paper, total'),
    rows: table.rows.map((cells, i) => {
      const paper = rows[i]?.paper;
      return cells.toSpliced(at, 0, paper ? paperText(paper.total) : undefinedMark);
    }),
    notes: [dataDiffer(model), ...table.notes],
  };
}

/** The same for ablations, which the paper does not have; null without any. */
export function ablationTable(model: ComparisonModel): Table | null {
  const rows = model.methods.filter(({ entry }) => entry.group === 'ablation');
  return rows.length === 0 ? null : accuracyTable(model, rows, 'Ablations');
}

function accuracyTable(
  model: ComparisonModel,
  methods: readonly ComparedMethod[],
  caption: string,
): Table {
  const seeds = model.size.seeds > 1;
  return {
    caption,
    header: [
      'Method',
      ...model.classes,
      'Total',
      '95 % interval',
      ...(seeds ? ['SD over seeds'] : []),
      'Right / all',
    ],
    rows: methods.map((method) => [
      rowName(model, method),
      ...classAggregates(model, method).map((of) => accuracyCell(method, of)),
      accuracyCell(method, method.summary.accuracy),
      percentInterval(method.joint.accuracy),
      ...(seeds ? [pointsOf(method.summary.accuracy.seedSd)] : []),
      sumOfCounts(method.runs.map((run) => run.metrics.accuracy)),
    ]),
    notes: [
      spreadNote(model),
      '95 % interval of the total: Wilson, on as many lesions as those of a patient, in all partitions, are worth.',
      ...(methods.some(({ entry }) => entry.group === 'oracle')
        ? [
            'Ceiling of what looks at a lesion’s mean values alone: the Bayes decision on those that the phantoms were drawn from. No method sees them; patterns within a lesion can lift one above.',
          ]
        : []),
      ...methods.flatMap((method) => missingNotes(model, method)),
    ],
  };
}

/** Accuracy by class beside the paper's, for the rows that the paper has; null without any. */
export function besidePaperTable(model: ComparisonModel): Table | null {
  const rows = model.methods.filter(({ paper }) => paper !== null);
  if (rows.length === 0) return null;
  return {
    caption: 'By class, ours and the paper’s',
    header: ['Method', ...[...model.classes, 'Total'].flatMap((name) => [name, `${name}, paper`])],
    rows: rows.map((method) => [
      rowName(model, method),
      ...classAggregates(model, method).flatMap((of, c) => {
        const cell = method.paper && paperCell(method.paper, model.classes[c] ?? '');
        return [accuracyCell(method, of), cell ? paperText(cell) : undefinedMark];
      }),
      accuracyCell(method, method.summary.accuracy),
      method.paper ? paperText(method.paper.total) : undefinedMark,
    ]),
    notes: [
      dataDiffer(model),
      'The paper’s numbers are as printed; some do not recompute, and its network rows leave out 8 of 206 test lesions.',
    ],
  };
}

/** Right decisions and lesions of each class, partition after partition. */
export function countTable(model: ComparisonModel): Table {
  return {
    caption: `Right / all ${model.unit}s, partition after partition`,
    header: ['Method', ...model.classes, 'Total'],
    rows: model.methods.map((method) => [
      rowName(model, method),
      ...model.classes.map((_, c) =>
        sumOfCounts(method.runs.flatMap((run) => run.metrics.perClass[c]?.accuracy ?? [])),
      ),
      sumOfCounts(method.runs.map((run) => run.metrics.accuracy)),
    ]),
    notes: [`Order of the partitions: ${model.partitions.join(', ')}.`],
  };
}

/** "86/94 + 94/104", or a dash without any partition. */
export function sumOfCounts(runs: readonly Proportion[]): string {
  return runs.length === 0
    ? undefinedMark
    : runs.map(({ count, of }) => `${count}/${of}`).join(' + ');
}

/** The method's title, with the partitions that it rests on where some are missing. */
export function rowName(model: ComparisonModel, { entry, runs }: ComparedMethod): string {
  const ceiling = entry.group === 'oracle' ? `${entry.title} (ceiling)` : entry.title;
  if (runs.length === model.partitions.length || runs.length === 0) return ceiling;
  return `${ceiling} (${runs.map((run) => run.partition).join(', ')} only)`;
}

function classAggregates(
  model: ComparisonModel,
  { summary }: ComparedMethod,
): (Aggregate | null)[] {
  return model.classes.map((_, c) => summary.perClass[c]?.accuracy ?? null);
}

function accuracyCell({ runs }: ComparedMethod, of: Aggregate | null): string {
  if (runs.length === 0) return 'missing';
  return of === null ? undefinedMark : meanAndDeviation(of);
}

function pointsOf(share: number | null): string {
  return decimals(share === null ? null : 100 * share, 2);
}

function spreadNote({ size: { partitions, seeds } }: ComparisonModel): string {
  const of = seeds === 1 ? '' : ` of the means over ${seeds} seeds`;
  const within =
    seeds === 1 ? '' : ' SD over seeds: of the total within a partition, pooled over partitions.';
  return partitions < 2
    ? `Per cent${of}. One partition only, so there is no standard deviation over partitions.${within}`
    : `Per cent, mean ± sample standard deviation (n - 1) over ${partitions} partitions${of}.${within}`;
}
