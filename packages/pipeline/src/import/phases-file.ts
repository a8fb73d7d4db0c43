import { writeFileAtomic } from '../storage/atomic-file.js';
import type { PhasedCase } from './assemble-dataset.js';

/**
 * Writes the decisions on phases as CSV, one line an image, beside dataset.yaml. Edit the column
 * `phase` and give the file back with `--sheet`: lines where it differs from `decided` count.
 */
export async function writePhasesFile(file: string, cases: readonly PhasedCase[]): Promise<void> {
  const header = 'case,series,phase,decided,confidence,source,reason';
  const lines = cases.flatMap(({ entry, decisions }) =>
    decisions.map(({ key, phase, chosen, confidence, source, reason }) => {
      const decided = chosen && phase !== null ? phase : '-';
      const cells = [entry.id, key, decided, decided, confidence.toFixed(2), source, reason];
      return cells.map(csvCell).join(',');
    }),
  );
  await writeFileAtomic(file, `${[header, ...lines].join('\n')}\n`);
}

function csvCell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
