import { FlcError } from '@flc-native/errors';
import { canonicalName } from '../dataset/pseudonym.js';
import type { ImportedCase } from './imported.js';
import { className } from './lesion-class.js';
import { readSheet, type Sheet } from './sheet.js';

const facts = ['patient', 'class', 'studydate'];
const lookedFor = `case, and any of ${facts.join(', ')}, or series with phase`;

/** Reads the user's table. IO_ERROR, or DATA_ERROR for one that is no table or from which nothing would be taken. */
export async function readUserSheet(file: string): Promise<Sheet> {
  const sheet = await readSheet(file);
  const has = (column: string) => sheet.columns.includes(column);
  if (!has('case')) throw unusable(file, sheet, 'the sheet has no column "case"');
  if (!facts.some(has) && !(has('series') && has('phase'))) {
    throw unusable(file, sheet, 'the sheet has no column that says something of its cases');
  }
  // A disk and a spreadsheet may write one letter in two ways.
  const keys = ['case', 'series'].filter(has);
  const rows = sheet.rows.map((row) => ({
    ...row,
    ...Object.fromEntries(keys.map((key) => [key, canonicalName(row[key] ?? '')])),
  }));
  return { ...sheet, rows };
}

function unusable(file: string, { columns }: Sheet, message: string): FlcError {
  const details = { file, columns: columns.length };
  // Where the header line is missing, its place is taken by a case, so names of columns are for a terminal only.
  Object.defineProperty(details, 'columnNames', { value: columns, enumerable: false });
  return new FlcError('DATA_ERROR', message, {
    details,
    remedy: `the first line names the columns: ${lookedFor}`,
  });
}

/** A case with what the user's table says of it: patient, class of its lesions, date of the study. */
export function withSheet(
  entry: ImportedCase,
  sheet: Sheet,
  classMap: Readonly<Record<string, string>>,
): ImportedCase {
  const id = canonicalName(entry.id);
  const row = sheet.rows.find((cells) => cells.case === id);
  if (row === undefined) return entry;
  const { patient, class: term, studydate } = row;
  return {
    ...entry,
    ...(patient === undefined || patient === '' ? {} : { patient }),
    ...(studydate === undefined || studydate === '' ? {} : { studyDate: toIsoDate(studydate) }),
    lesions:
      term === undefined || term === ''
        ? entry.lesions
        : entry.lesions.map((lesion) => ({ ...lesion, class: className(term, classMap) })),
  };
}

/** `20200131` -> `2020-01-31`; other forms stay and are refused when dataset.yaml is checked. */
export function toIsoDate(text: string): string {
  const match = /^(\d{4})(\d{2})(\d{2})$/.exec(text.trim());
  return match === null ? text.trim() : `${match[1]}-${match[2]}-${match[3]}`;
}
