import type { DatasetInput } from '../dataset/dataset-schema.js';
import type { AssembledCase, PhasedCase } from './assemble-dataset.js';
import { countPhases } from './count-phases.js';
import type { ChosenLayout } from './detect-layout.js';
import {
  type ImportReport,
  type ReportedCase,
  type ReportedWarning,
  withHidden,
} from './import-report.js';
import type { ImportedCohort } from './imported.js';

export interface ImportOutcome {
  readonly layout: ChosenLayout;
  readonly cohort: ImportedCohort;
  readonly phased: readonly PhasedCase[];
  readonly complete: readonly AssembledCase[];
  readonly apart: readonly AssembledCase[];
  readonly shared: Pick<DatasetInput, 'modality' | 'phases' | 'reference' | 'classes'>;
  readonly files: NonNullable<ImportReport['files']>;
  /** Pseudonym of a name. */
  readonly hide: (name: string) => string;
}

/** Below this a decision on a phase is worth a look. */
const unsure = 0.7;

/** Counts what an import did. */
export function buildReport(outcome: ImportOutcome): ImportReport {
  const { layout, cohort, phased, complete, apart, files, hide } = outcome;
  const { modality, phases, reference, classes } = outcome.shared;
  const { adapter, reason, others } = layout;
  const report: ImportReport = {
    layout: adapter.name,
    title: adapter.title,
    licence: adapter.licence,
    source: adapter.source,
    detection: { reason, others },
    ...{ modality, phases, reference, classes },
    placeholderClasses: ![...complete, ...apart].some(hasClass),
    synthetic: cohort.synthetic === true,
    cases: complete.length,
    lesions: countLesions(complete),
    phasesFound: countPhases(phased),
    apart: apart.map((entry) => reported(entry.name, entry.apart ?? '', hide)),
    skipped: cohort.skipped.map((entry) => reported(entry.name, entry.reason, hide)),
    decisions: phased.flatMap(({ entry, decisions }) =>
      decisions.map(({ key, phase, chosen, reason: why, confidence, source }) =>
        withHidden(
          {
            caseId: hide(entry.id),
            phase,
            chosen,
            reason: why,
            confidence: round(confidence),
            source,
          },
          { caseName: entry.id, series: key },
        ),
      ),
    ),
    warnings: [
      ...cohort.warnings.map((warning) => warningOf(warning, hide)),
      ...ownWarnings(outcome),
    ],
  };
  return withHidden(report, { files });
}

function hasClass({ written }: AssembledCase): boolean {
  return written.lesions.some(({ class: name }) => name !== undefined && name !== null);
}

function reported(name: string, reason: string, hide: (name: string) => string): ReportedCase {
  return withHidden({ caseId: hide(name), reason }, { caseName: name });
}

function warningOf(
  warning: ImportedCohort['warnings'][number],
  hide: (name: string) => string,
): ReportedWarning {
  const { code, message, cases, file, examples } = warning;
  const shown = { code, message, caseIds: cases.map(hide) };
  return withHidden(shown, { caseNames: cases, file, examples });
}

function ownWarnings({ phased, complete, apart, hide }: ImportOutcome): ReportedWarning[] {
  const without = complete.filter(({ written }) => written.lesions.length === 0);
  const shaky = phased.filter(({ decisions }) =>
    decisions.some(({ chosen, confidence }) => chosen && confidence < unsure),
  );
  const unnamed = phased.filter(({ decisions }) => decisions.some(({ phase }) => phase === null));
  const list: [string, string, readonly string[]][] = [
    [
      'NO_LESION',
      'no lesion: they can be segmented, nothing is prepared of them',
      without.map(({ name }) => name),
    ],
    [
      'UNSURE_PHASE',
      `the phase of an image was decided with a confidence below ${unsure}; look at the phases file`,
      shaky.map(({ entry }) => entry.id),
    ],
    [
      'IMAGE_WITHOUT_PHASE',
      'an image got no phase and is not used',
      unnamed.map(({ entry }) => entry.id),
    ],
    [
      'SET_APART',
      'phases or masks are missing: set apart in a file of their own',
      apart.map(({ name }) => name),
    ],
  ];
  return list.flatMap(([code, message, names]) =>
    names.length === 0 ? [] : [warningOf({ code, message, cases: names }, hide)],
  );
}

function countLesions(cases: readonly AssembledCase[]): ImportReport['lesions'] {
  const lesions = cases.flatMap(({ written }) => written.lesions);
  const byClass: Record<string, number> = {};
  for (const lesion of lesions) {
    if (lesion.class !== undefined && lesion.class !== null) {
      byClass[lesion.class] = (byClass[lesion.class] ?? 0) + 1;
    }
  }
  const labelled = Object.values(byClass).reduce((sum, n) => sum + n, 0);
  return {
    total: lesions.length,
    byClass,
    unlabelled: lesions.length - labelled,
    masksToSplit: lesions.filter(({ components }) => components === 'split').length,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
