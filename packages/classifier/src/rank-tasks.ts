import type { Placement } from '@flc-native/core-native';
import type { Part, Partition } from '@flc-native/pipeline';
import type { ClassifierOptions } from './classifier.js';
import type { EvaluationResult } from './evaluation.js';
import type { FitConfig, FitEvent, FitResult } from './fit.js';
import type { LesionShare } from './lesions.js';

/** What a process of its own needs for its part of a fit. */
export interface FitJob {
  /** Folder of the prepared cohort. */
  readonly prepared: string;
  readonly partition: Partition;
  readonly config: FitConfig;
  readonly runDir: string;
  readonly resume: boolean;
  readonly force: boolean;
  readonly distributed: Omit<Placement, 'storeIsServed' | 'attempt'>;
}

/** What it needs for its part of an evaluation. */
export interface EvaluateJob extends ClassifierOptions {
  /** Folder of the prepared cohort. */
  readonly prepared: string;
  readonly partition: Partition;
  readonly part?: Part | undefined;
  readonly unit?: 'slice' | 'lesion' | undefined;
  readonly bundle: string;
  readonly share: LesionShare;
}

export type EvaluateEvent =
  | { readonly type: 'progress'; readonly done: number; readonly total: number }
  | { readonly type: 'notice'; readonly message: string };

/** What a process can do: what it is given, what it tells meanwhile and what it ends with. */
export interface RankTasks {
  fit: { job: FitJob; event: FitEvent; result: FitResult };
  evaluate: { job: EvaluateJob; event: EvaluateEvent; result: EvaluationResult };
}

export type RankTask = keyof RankTasks;

/** What a process is sent. */
export type RankWork = {
  [Task in RankTask]: { readonly task: Task; readonly job: RankTasks[Task]['job'] };
}[RankTask];
