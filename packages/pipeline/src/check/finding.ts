/** Stable codes of findings; programs may branch on them. */
export type FindingCode =
  | 'NO_CASES'
  | 'MISSING_PHASE'
  | 'MISSING_FILE'
  | 'UNREADABLE_FILE'
  | 'MISSING_MASK'
  | 'NO_LESION'
  | 'GEOMETRY_MISMATCH'
  | 'ORIGIN_OFFSET'
  | 'EMPTY_MASK'
  | 'LABEL_NOT_IN_MASK'
  | 'NOT_A_MASK'
  | 'UNKNOWN_CLASS'
  | 'DUPLICATE_IMAGE'
  | 'NOT_HU'
  | 'NOT_FINITE'
  | 'SUSPECT_HEADER'
  | 'SMALL_LESION'
  | 'OUTSIDE_LIVER'
  | 'MISSING_SLICE'
  | 'DUPLICATE_SLICE'
  | 'UNEVEN_SLICES'
  | 'GANTRY_TILT'
  | 'SHIFTED_SLICE'
  | 'SPACING_TAG'
  | 'SERIES_LEFT_OUT'
  | 'SHIFTED_ACQUISITIONS'
  | 'NOT_A_UID'
  | 'CHARACTER_SET'
  | 'FRAME_OF_REFERENCE'
  | 'CASE_FAILED';

/** What a check says of one input of a case, before it is known whose case it is. */
export interface CaseFinding {
  /** An error keeps the case from being prepared or makes its result wrong; a warning does not. */
  readonly severity: 'error' | 'warning';
  readonly code: FindingCode;
  /** The cause, with the input's part in the case and the facts; never a path or a name. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy: string;
  readonly file?: string | undefined;
}

/**
 * A finding of `checkDataset`. `caseId` is the pseudonym, empty where it is about the whole dataset; `file` and `caseName` are there for a
 * person's terminal but hidden from JSON and from enumeration: both may hold a patient's name.
 */
export interface Finding extends CaseFinding {
  readonly caseId: string;
  readonly caseName?: string;
}

export function toFinding(found: CaseFinding, caseId: string, caseName: string): Finding {
  const { file, ...shown } = found;
  const finding: Finding = { ...shown, caseId };
  const hidden = { caseName, ...(file === undefined ? {} : { file }) };
  for (const [key, value] of Object.entries(hidden)) {
    Object.defineProperty(finding, key, { value, enumerable: false });
  }
  return finding;
}
