/** How far a run over cases is. `caseId` is the pseudonym of the case that ended last. */
export interface CaseProgress {
  readonly done: number;
  readonly total: number;
  readonly caseId?: string;
  /** Since the start of the run. */
  readonly seconds: number;
}

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CaseProgress) => void) | undefined;
}
