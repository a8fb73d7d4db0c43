import { FlcError } from '@flc-native/errors';
import { randomStream } from '@flc-native/pipeline';
import { cohortTable, splitTable } from '../cohort-tables.js';
import type { Provenance } from '../evaluation.js';
import type { Table } from '../format/table.js';
import { type JointMeasures, jointMeasures } from '../metrics/joint-measures.js';
import type { CohortSample } from '../prepared-cohort.js';
import { compareMethods, type MethodComparison } from '../statistics/compare-methods.js';
import { type CohortSize, cohortSize } from './cohort-size.js';
import type { ComparisonEntry, ComparisonInput } from './comparison.js';
import { type OrdinaryScores, ordinaryScores } from './ordinary-scores.js';
import { type PaperRow, paperTable2 } from './paper-table.js';
import { type ScoredMethod, scoreMethod } from './scored-method.js';

/** One row of the comparison, scored. */
export interface ComparedMethod extends ScoredMethod {
  readonly entry: ComparisonEntry;
  /** Means over the partitions with intervals; the intervals take patients as what was sampled. */
  readonly joint: JointMeasures;
  /** Network rows: accuracy without the lesions that have no ordinary patch; null where the cohort is not known. */
  readonly ordinary: OrdinaryScores | null;
  readonly paper: PaperRow | null;
}

/** Everything that the output forms of a comparison print. */
export interface ComparisonModel {
  readonly title: string;
  readonly synthetic: boolean;
  readonly caption: string | null;
  readonly classes: readonly string[];
  /** What is decided on; the sentences say "lesions" or "slices". */
  readonly unit: 'lesion' | 'slice';
  /** Names of the runs, in order: those of the partitions, with the seed where there are several. */
  readonly partitions: readonly string[];
  readonly methods: readonly ComparedMethod[];
  /** The method that the others are tested against; null where none has results. */
  readonly reference: ComparedMethod | null;
  readonly tests: readonly MethodComparison[];
  readonly size: CohortSize;
  /** Cohort and split tables; empty without a prepared cohort. */
  readonly cohort: readonly Table[];
  readonly provenance: Provenance;
}

/**
 * Scores all methods and tests them against the reference. A method without results, or with results that do not fit
 * the classes, is a row that says so; the others are scored all the same.
 * @throws FlcError `DATA_ERROR` for no or repeated methods, an unknown reference or an unknown row of the paper.
 */
export function buildComparison<S extends CohortSample>(
  input: ComparisonInput<S>,
): ComparisonModel {
  const { classes, entries, prepared, splits, replicates = 2000 } = input;
  checkEntries(input);
  const scored = entries.map((entry) => ({ entry, ...scoreMethod(entry, classes) }));
  const partitions = partitionNames(input, scored);
  const samples = prepared?.index.samples ?? [];
  const methods = scored.map(({ entry, ...of }) => ({
    entry,
    ...of,
    joint: jointMeasures(
      [...new Set(of.runs.map((run) => run.of))].map((partition) =>
        of.runs.filter((run) => run.of === partition).map((run) => run.evaluation.predictions),
      ),
      classes,
      { replicates, random: randomStream(0, 'bootstrap') },
    ),
    ordinary:
      entry.group === 'network' || entry.group === 'ablation'
        ? ordinaryScores(of.runs, samples)
        : null,
    paper: paperTable2.find((row) => row.method === entry.paperRow) ?? null,
  }));
  const reference = referenceOf(methods, input.reference);
  const cohort = prepared === undefined ? [] : [cohortTable(samples, prepared.index.classes)];
  if (prepared !== undefined && splits !== undefined) {
    cohort.push(splitTable(samples, prepared.index.classes, splits));
  }
  return {
    title: input.title,
    synthetic:
      input.synthetic ||
      prepared?.index.synthetic === true ||
      entries.some((entry) => entry.evaluations.some((of) => of.synthetic)),
    caption: input.caption ?? null,
    classes,
    unit: entries.flatMap((entry) => entry.evaluations)[0]?.unit ?? 'lesion',
    partitions,
    methods,
    reference,
    tests: testsAgainst(reference, methods, 50 * replicates),
    size: cohortSize(methods),
    cohort,
    provenance: input.provenance,
  };
}

function checkEntries({ entries, reference }: ComparisonInput): void {
  if (entries.length === 0) {
    throw new FlcError('DATA_ERROR', 'A comparison needs at least one method.', {
      remedy: 'Run compare with at least one method.',
    });
  }
  const keys = entries.map((entry) => entry.method);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice !== undefined) {
    throw new FlcError('DATA_ERROR', `Two methods are called "${twice}".`, {
      remedy: 'Give each method a key of its own.',
    });
  }
  if (reference !== undefined && !keys.includes(reference)) {
    throw new FlcError('DATA_ERROR', `The reference "${reference}" is not among the methods.`, {
      details: { got: reference, methods: keys },
      remedy: `Take one of: ${keys.join(', ')}.`,
    });
  }
  const rows = paperTable2.map((row) => row.method);
  for (const { method, paperRow } of entries) {
    if (paperRow === undefined || rows.includes(paperRow)) continue;
    throw new FlcError('DATA_ERROR', `The paper's Table 2 has no row "${paperRow}".`, {
      details: { method },
      remedy: `Take one of: ${rows.join(', ')}.`,
    });
  }
}

function partitionNames(input: ComparisonInput, scored: readonly ScoredMethod[]): string[] {
  return [
    ...new Set([
      ...(input.splits?.partitions.map((partition) => partition.name) ?? []),
      ...scored.flatMap((of) => of.runs.map((run) => run.partition)),
      ...scored.flatMap((of) => of.missing.map((run) => run.partition)),
    ]),
  ];
}

function referenceOf(
  methods: readonly ComparedMethod[],
  wanted: string | undefined,
): ComparedMethod | null {
  const present = methods.filter(
    ({ entry, runs }) =>
      runs.length > 0 &&
      (wanted === undefined ? entry.group === 'network' : entry.method === wanted),
  );
  return present.at(-1) ?? null;
}

function testsAgainst(
  reference: ComparedMethod | null,
  methods: readonly ComparedMethod[],
  draws: number,
): MethodComparison[] {
  if (reference === null) return [];
  const decisions = (of: ComparedMethod) =>
    of.runs.map(({ partition, of: partOf, evaluation }) => ({
      run: partition,
      partition: partOf,
      predictions: evaluation.predictions,
    }));
  const others = methods.filter((of) => of !== reference && of.entry.group !== 'oracle');
  return compareMethods(
    decisions(reference),
    others.map((of) => ({ method: of.entry.method, decisions: decisions(of) })),
    { draws },
  );
}
