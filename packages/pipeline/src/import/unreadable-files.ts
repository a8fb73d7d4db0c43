import { dirname, sep } from 'node:path';
import type { CaseFinding } from '../check/finding.js';
import { groupBy } from '../collections/group-by.js';
import type { ImportWarning } from './imported.js';

/** Where the images of a case lie. */
export interface CaseFolder {
  readonly name: string;
  /** The deepest folder that holds all of them. */
  readonly folder: string;
}

const reported: readonly string[] = ['UNREADABLE_FILE', 'CHARACTER_SET', 'SHIFTED_ACQUISITIONS'];

/** A warning for the files of a folder that could not be read, or not their names, for one reason, with the case in whose folder they lie. */
export function unreadableFiles(
  findings: readonly CaseFinding[],
  cases: readonly CaseFolder[],
): ImportWarning[] {
  const unreadable = findings.filter(({ code }) => reported.includes(code));
  const alike = groupBy(unreadable, ({ message, file = '' }) => `${dirname(file)}\n${message}`);
  return [...alike.values()].map((group) => {
    const { code, message, file } = group[0] as CaseFinding;
    return {
      ...{ code, file },
      message: group.length === 1 ? message : `${message} (${group.length} files of a folder)`,
      cases: file === undefined ? [] : ownersOf(file, cases),
    };
  });
}

/** The case with the deepest folder around a file; none where several share that folder. */
function ownersOf(file: string, cases: readonly CaseFolder[]): string[] {
  const around = cases.filter(({ folder }) => file.startsWith(`${folder}${sep}`));
  const deepest = Math.max(...around.map(({ folder }) => folder.length));
  const owners = around.filter(({ folder }) => folder.length === deepest);
  return owners.length === 1 ? owners.map(({ name }) => name) : [];
}
