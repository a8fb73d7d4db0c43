import { sep } from 'node:path';
import type { CaseFinding } from '../check/finding.js';
import type { ImportWarning } from './imported.js';

/** Where the images of a case lie. */
export interface CaseFolder {
  readonly name: string;
  /** The deepest folder that holds all of them. */
  readonly folder: string;
}

/** A warning for each file of a scan that could not be read, with the case in whose folder it lies. */
export function unreadableFiles(
  findings: readonly CaseFinding[],
  cases: readonly CaseFolder[],
): ImportWarning[] {
  const unreadable = findings.filter(({ code }) => code === 'UNREADABLE_FILE');
  return unreadable.map(({ code, message, file }) => ({
    ...{ code, message, file },
    cases: file === undefined ? [] : ownersOf(file, cases),
  }));
}

/** The case with the deepest folder around a file; none where several share that folder. */
function ownersOf(file: string, cases: readonly CaseFolder[]): string[] {
  const around = cases.filter(({ folder }) => file.startsWith(`${folder}${sep}`));
  const deepest = Math.max(...around.map(({ folder }) => folder.length));
  const owners = around.filter(({ folder }) => folder.length === deepest);
  return owners.length === 1 ? owners.map(({ name }) => name) : [];
}
