import type { GuessSource } from '../phase-rules/phase-guess.js';

/** One image's phase. `caseName` and `series` are for a terminal only and not enumerable. */
export interface ReportedDecision {
  readonly caseId: string;
  readonly phase: string | null;
  readonly chosen: boolean;
  readonly reason: string;
  readonly confidence: number;
  readonly source: GuessSource;
  readonly caseName?: string;
  readonly series?: string;
}

/** A case that is not in dataset.yaml, or set apart; `caseName` is not enumerable. */
export interface ReportedCase {
  readonly caseId: string;
  readonly reason: string;
  readonly caseName?: string;
}

export interface ReportedWarning {
  readonly code: string;
  readonly message: string;
  /** Pseudonyms; empty where it is about the whole set, or a file of no case. */
  readonly caseIds: readonly string[];
  /** The cases by name, the file and names that would have been right: for a terminal only, not enumerable. */
  readonly caseNames?: readonly string[];
  readonly file?: string;
  readonly examples?: readonly string[];
}

/**
 * What an import did. Names of cases, series and files are hidden from JSON: pseudonyms are those
 * of every other output.
 */
export interface ImportReport {
  readonly layout: string;
  readonly title: string;
  readonly licence: string;
  readonly source: string;
  /** Why this layout; with `auto` also what else it could have been. */
  readonly detection: { readonly reason: string; readonly others: readonly string[] };
  readonly modality: 'CT' | 'MR';
  /** Whether images say that they are phantoms; dataset.yaml then says it of all. */
  readonly synthetic: boolean;
  readonly phases: readonly string[];
  readonly reference: string;
  readonly classes: readonly string[];
  /** Whether no lesion has a class, and dataset.yaml, which needs some, holds those of the paper. */
  readonly placeholderClasses: boolean;
  /** Cases in dataset.yaml. */
  readonly cases: number;
  readonly lesions: {
    readonly total: number;
    readonly byClass: Readonly<Record<string, number>>;
    /** Lesions without a class: for prediction, not for training. */
    readonly unlabelled: number;
    /** Entries whose mask may hold several lesions (`components: split`); counted as one. */
    readonly masksToSplit: number;
  };
  /** Cases that have a phase, over all that were read. */
  readonly phasesFound: Readonly<Record<string, number>>;
  /** Cases in the second file: a phase or the mask on the reference phase is missing. */
  readonly apart: readonly ReportedCase[];
  readonly skipped: readonly ReportedCase[];
  readonly decisions: readonly ReportedDecision[];
  readonly warnings: readonly ReportedWarning[];
  /** Files that were written, by role; not enumerable: a folder may be named after a patient. */
  readonly files?: {
    readonly dataset: string;
    readonly apart?: string;
    readonly phases: string;
    /** Copies of earlier files that had other content. */
    readonly kept: readonly string[];
  };
}

/** Adds properties that JSON and enumeration do not show. */
export function withHidden<T extends object>(
  shown: T,
  hidden: Readonly<Record<string, unknown>>,
): T {
  for (const [key, value] of Object.entries(hidden)) {
    if (value !== undefined) Object.defineProperty(shown, key, { value, enumerable: false });
  }
  return shown;
}
