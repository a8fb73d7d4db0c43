import { type FlcErrorJson, toFlcError } from '@flc-native/errors';
import { type CheckedCase, checkCase } from '../check/check-case.js';
import {
  type PrepareCaseJob,
  type PrepareCaseResult,
  prepareCase,
} from '../prepare/prepare-case.js';
import {
  type MovedLesion,
  moveLesion,
  type RegisterLesionInput,
} from '../registration/move-lesion.js';
import {
  type RegisterPhaseJob,
  type RegisterPhaseResult,
  registerPhase,
} from '../registration/register-phase.js';
import {
  type SegmentCaseJob,
  type SegmentCaseResult,
  segmentCase,
} from '../segmentation/segment-case.js';
import { type SheetLesion, sheetCase } from '../sheet/sheet-case.js';
import type { CaseJob } from './case-job.js';

/** What a worker can do with a case. */
export type CaseTask =
  | ({ readonly kind: 'prepare' } & PrepareCaseJob)
  | ({ readonly kind: 'register' } & RegisterPhaseJob)
  | { readonly kind: 'move-lesion'; readonly input: RegisterLesionInput }
  | ({ readonly kind: 'segment' } & SegmentCaseJob)
  | { readonly kind: 'check'; readonly job: CaseJob }
  | { readonly kind: 'sheet'; readonly job: CaseJob };

export interface TaskResults {
  prepare: PrepareCaseResult;
  register: RegisterPhaseResult;
  'move-lesion': MovedLesion;
  segment: SegmentCaseResult;
  check: CheckedCase;
  sheet: SheetLesion[];
}
export type TaskResult = TaskResults[keyof TaskResults];

export function runTask(task: CaseTask): Promise<TaskResult> {
  switch (task.kind) {
    case 'prepare':
      return prepareCase(task);
    case 'register':
      return registerPhase(task);
    case 'move-lesion':
      return moveLesion(task.input);
    case 'segment':
      return segmentCase(task);
    case 'check':
      return checkCase(task.job);
    case 'sheet':
      return sheetCase(task.job);
  }
}

/** An outcome that survives the way between threads, which loses the class of an error. */
export type PackedOutcome = { readonly value: TaskResult } | { readonly error: FlcErrorJson };

export async function packOutcome(run: () => Promise<TaskResult>): Promise<PackedOutcome> {
  try {
    return { value: await run() };
  } catch (thrown) {
    const outOfMemory =
      thrown instanceof RangeError && /allocation|Invalid .*length/.test(thrown.message);
    return { error: toFlcError(thrown, outOfMemory ? 'OUT_OF_MEMORY' : 'INTERNAL').toJSON() };
  }
}
