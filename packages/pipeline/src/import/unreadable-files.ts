import type { CaseFinding } from '../check/finding.js';
import type { ImportWarning } from './imported.js';

/** A warning for each reason why files of a scan could not be read, with their number. */
export function unreadableFiles(
  findings: readonly CaseFinding[],
  cases: readonly string[],
): ImportWarning[] {
  const reasons = new Map<string, number>();
  for (const { code, message } of findings) {
    if (code === 'UNREADABLE_FILE') reasons.set(message, (reasons.get(message) ?? 0) + 1);
  }
  return [...reasons].map(([reason, count]) => ({
    code: 'UNREADABLE_FILE',
    message: `${count} files: ${reason}`,
    cases,
  }));
}
