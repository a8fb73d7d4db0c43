import type { CaseJob } from '../case/case-job.js';

export interface CheckedCase {
  readonly findings: readonly never[];
}

export async function checkCase(_job: CaseJob): Promise<CheckedCase> {
  return { findings: [] };
}
