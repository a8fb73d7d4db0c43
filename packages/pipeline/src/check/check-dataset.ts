import { FlcError } from '@flc-native/errors';
import { caseJob } from '../case/case-job.js';
import { runCaseTasks } from '../case/case-pool.js';
import type { RunOptions } from '../case/progress.js';
import type { Dataset } from '../dataset/dataset.js';
import { noCasesRemedy } from '../dataset/no-cases.js';
import type { CheckedCase } from './check-case.js';
import { duplicateFindings } from './duplicate-images.js';
import { type CaseFinding, type Finding, toFinding } from './finding.js';

export interface CheckReport {
  readonly findings: readonly Finding[];
  readonly cases: number;
  readonly lesions: number;
  /** True if there is no error; warnings are allowed. */
  readonly ok: boolean;
}

export interface CheckOptions extends RunOptions {
  /** Threads; 0 works in the calling thread; default one a core. */
  readonly workers?: number | undefined;
}

/**
 * Reads every file of a dataset and reports what is wrong, case by case. A case that cannot be
 * read, or kills its worker, is a finding; the others go on. Rejects with CANCELLED only.
 */
export async function checkDataset(
  dataset: Dataset,
  { signal, onProgress, workers }: CheckOptions = {},
): Promise<CheckReport> {
  const started = performance.now();
  const jobs = dataset.cases.map((entry) => caseJob(dataset, entry));
  const checked: (CheckedCase | undefined)[] = jobs.map(() => undefined);
  const found: CaseFinding[][] = jobs.map(() => []);
  let done = 0;
  await runCaseTasks(
    jobs.map((job) => ({ kind: 'check' as const, job })),
    {
      workers,
      signal,
      onOutcome: (i, outcome) => {
        if (outcome instanceof FlcError) found[i]?.push(failedCase(outcome));
        else {
          checked[i] = outcome as CheckedCase;
          found[i]?.push(...(outcome as CheckedCase).findings);
        }
        done += 1;
        const seconds = (performance.now() - started) / 1000;
        onProgress?.({ done, total: jobs.length, caseId: jobs[i]?.caseId ?? '', seconds });
      },
    },
  );
  const patients = jobs.map((job) => job.patientId);
  duplicateFindings(checked, patients).forEach((more, i) => {
    found[i]?.push(...more);
  });
  const ofCases = found.flatMap((list, i) =>
    list.map((finding) => toFinding(finding, jobs[i]?.caseId ?? '', dataset.cases[i]?.id ?? '')),
  );
  const findings = jobs.length === 0 ? [toFinding(noCases, '', '')] : ofCases;
  return {
    findings,
    cases: jobs.length,
    lesions: checked.reduce((sum, entry) => sum + (entry?.lesions ?? 0), 0),
    ok: findings.every(({ severity }) => severity !== 'error'),
  };
}

const noCases: CaseFinding = {
  severity: 'error',
  code: 'NO_CASES',
  message: 'the dataset has no cases',
  remedy: noCasesRemedy,
};

function failedCase(error: FlcError): CaseFinding {
  return {
    severity: 'error',
    code: 'CASE_FAILED',
    message: `the case could not be checked: ${error.message}`,
    remedy: error.remedy ?? 'look at its files one by one',
    file: typeof error.details.file === 'string' ? error.details.file : undefined,
  };
}
