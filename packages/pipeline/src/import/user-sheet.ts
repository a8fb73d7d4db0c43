import type { ImportedCase } from './imported.js';
import { className } from './lesion-class.js';
import type { Sheet } from './sheet.js';

/** A case with what the user's table says of it: patient, class of its lesions, date of the study. */
export function withSheet(
  entry: ImportedCase,
  sheet: Sheet,
  classMap: Readonly<Record<string, string>>,
): ImportedCase {
  const row = sheet.rows.find((cells) => cells.case === entry.id);
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
