import type { Placement } from '@flc-native/core-native';
import type { FlcErrorJson } from '@flc-native/errors';
import type { Partition } from '@flc-native/pipeline';
import type { FitConfig, FitEvent, FitResult } from './fit.js';

/** What a process of its own needs for its part of a fit. */
export interface RankJob {
  /** Folder of the prepared cohort. */
  readonly prepared: string;
  readonly partition: Partition;
  readonly config: FitConfig;
  readonly runDir: string;
  readonly resume: boolean;
  readonly force: boolean;
  readonly distributed: Omit<Placement, 'storeIsServed' | 'attempt'>;
}

/** To a process. */
export type ToRank = { readonly type: 'run'; readonly job: RankJob } | { readonly type: 'cancel' };

/** From a process. */
export type FromRank =
  | { readonly type: 'event'; readonly event: FitEvent }
  | { readonly type: 'end'; readonly result: FitResult }
  | { readonly type: 'error'; readonly error: FlcErrorJson };
