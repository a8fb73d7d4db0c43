import { type EvaluationResult, evaluationName } from '../evaluation.js';
import { type CsvCell, toCsv } from './csv.js';

/**
 * One line per decision of every partition: truth and decision, probabilities and label map proportions per class,
 * the slices used and the warnings. Only pseudonyms appear.
 */
export function predictionsCsv(evaluations: readonly EvaluationResult[]): string {
  const classes = [...new Set(evaluations.flatMap((evaluation) => evaluation.classes))];
  const header = [
    'partition',
    'id',
    'patientId',
    'truth',
    'predicted',
    'correct',
    ...classes.map((name) => `probability ${name}`),
    ...classes.map((name) => `proportion ${name}`),
    'slices',
    'warnings',
  ];
  const rows = evaluations.flatMap((evaluation, e) => {
    const columns = classes.map((name) => evaluation.classes.indexOf(name));
    const pick = (values: readonly number[]): CsvCell[] =>
      columns.map((c) => (c < 0 ? null : (values[c] ?? null)));
    return evaluation.predictions.map((of): CsvCell[] => [
      evaluationName(evaluation, e),
      of.id,
      of.patientId,
      of.truth,
      of.predicted,
      of.truth === null ? null : of.truth === of.predicted,
      ...pick(of.probabilities),
      ...pick(of.proportions),
      of.sliceIds.join('; '),
      of.warnings.join('; '),
    ]);
  });
  return toCsv(header, rows);
}
