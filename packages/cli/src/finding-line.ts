import type { Finding } from '@flc-native/pipeline';
import { shownPath } from './failure.js';

/** A finding of `check` for stderr; with the name of the case and the path where `names` allows it, else pseudonym and token. */
export function findingLine(finding: Finding, names: boolean): string {
  const { severity, code, caseId, caseName, file, message, remedy } = finding;
  const name = names ? (caseName ?? caseId) : caseId;
  const where = [
    ...(name === '' ? [] : [name]),
    ...(file === undefined ? [] : [shownPath(file, names)]),
  ];
  const place = where.length === 0 ? '' : ` (${where.join(', ')})`;
  return `${severity} ${code}${place}: ${message}\n  remedy: ${remedy}`;
}
