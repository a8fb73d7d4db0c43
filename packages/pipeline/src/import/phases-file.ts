import type { PhasedCase } from './assemble-dataset.js';

/**
 * The decisions on phases as CSV, one line an image, beside dataset.yaml. Edit the column
 * `phase` and give the file back with `--sheet`: lines where it differs from `decided` count.
 */
export function phasesTable(cases: readonly PhasedCase[]): string {
  const header = 'case,series,phase,decided,confidence,source,reason';
  const lines = cases.flatMap(({ entry, decisions }) =>
    decisions.map(({ key, phase, chosen, confidence, source, reason }) => {
      const decided = chosen && phase !== null ? phase : '-';
      const cells = [entry.id, key, decided, decided, confidence.toFixed(2), source, reason];
      return cells.map(csvCell).join(',');
    }),
  );
  return `${[header, ...lines].join('\n')}\n`;
}

function csvCell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
