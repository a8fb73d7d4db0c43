import { join } from 'node:path';
import { comparisonMethods } from '@flc-native/baselines';
import {
  decideByProbability,
  decideByVote,
  type EvaluationResult,
  readEvaluation,
} from '@flc-native/classifier';
import { type FlcErrorJson, toFlcError } from '@flc-native/errors';
import { evaluationFile, readJobState } from './job-state.js';
import type { Repeat } from './repeats.js';
import type { Row, RowGroup } from './rows.js';

/** A cell of the table that could not be filled. */
export interface MissingCell {
  readonly partition: string;
  readonly code: string;
  readonly message: string;
  readonly remedy?: string;
}

/** With several seeds, an evaluation says which partition it repeats. */
export interface RepeatedEvaluation extends EvaluationResult {
  readonly repeat?: { readonly of: string; readonly seed: number };
}

/** An evaluation under the name of its repeat. */
export function repeated(
  evaluation: EvaluationResult,
  { name, of, seed }: Repeat,
): RepeatedEvaluation {
  return { ...evaluation, name, ...(name === of ? {} : { repeat: { of, seed } }) };
}

/** A row with what its jobs left. */
export interface ComparedRow {
  readonly method: string;
  readonly title: string;
  readonly group: RowGroup;
  readonly paperRow?: string;
  readonly citation?: string;
  readonly deviations?: readonly string[];
  /** In the order of the partitions, without the missing ones. */
  readonly evaluations: readonly RepeatedEvaluation[];
  readonly missing: readonly MissingCell[];
  /** Of all partitions; null where no job of the row ended. */
  readonly seconds: number | null;
  /** What was set and chosen, by partition. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Folders of the training runs, by partition. */
  readonly runs: Readonly<Record<string, string>>;
}

/** The folder of a job within that of the comparison. */
export function jobDir(out: string, partition: string, row: string): string {
  return join(out, 'jobs', partition, row);
}

/** Reads what the jobs of a row left. */
export async function collectRow(
  row: Row,
  repeats: readonly Repeat[],
  out: string,
): Promise<ComparedRow> {
  const evaluations: RepeatedEvaluation[] = [];
  const missing: MissingCell[] = [];
  const settings: Record<string, unknown> = {};
  const runs: Record<string, string> = {};
  let seconds: number | null = null;
  const source = row.kind === 'derived' ? row.from : row.key;
  for (const repeat of repeats) {
    const { name: partition } = repeat;
    const dir = jobDir(out, partition, source);
    const state = await readJobState(dir);
    const cell = state?.error ?? (await evaluationOf(dir));
    if ('code' in cell) {
      missing.push(missingCell(partition, cell));
      continue;
    }
    evaluations.push(repeated(decided(row, cell), repeat));
    if (row.kind !== 'derived') settings[partition] = state?.description;
    if (row.kind === 'network') runs[partition] = join(dir, 'run');
    if (row.kind !== 'derived') seconds = (seconds ?? 0) + (state?.seconds ?? 0);
  }
  const { title, group } = row;
  const head = { method: row.key, title, group, ...publication(row) };
  return { ...head, evaluations, missing, seconds, settings, runs };
}

async function evaluationOf(dir: string): Promise<EvaluationResult | FlcErrorJson> {
  try {
    return await readEvaluation(join(dir, evaluationFile));
  } catch (thrown) {
    return toFlcError(thrown).toJSON();
  }
}

function missingCell(partition: string, { code, message, remedy }: FlcErrorJson): MissingCell {
  return { partition, code, message, ...(remedy === undefined ? {} : { remedy }) };
}

function decided(row: Row, evaluation: EvaluationResult): EvaluationResult {
  if (row.kind !== 'derived') return evaluation;
  return row.decision === 'vote' ? decideByVote(evaluation) : decideByProbability(evaluation);
}

/** Where the method comes from, and where ours is another. */
function publication(row: Row): Partial<ComparedRow> {
  const method =
    row.kind === 'classic' ? comparisonMethods.find(({ name }) => name === row.key) : undefined;
  const citation = method?.citation ?? (row.kind === 'network' ? row.citation : undefined);
  const deviations = method?.deviations ?? (row.kind === 'network' ? row.deviations : undefined);
  return {
    ...(row.paperRow === undefined || row.paperRow === '' ? {} : { paperRow: row.paperRow }),
    ...(citation === undefined ? {} : { citation }),
    ...(deviations === undefined ? {} : { deviations }),
  };
}
