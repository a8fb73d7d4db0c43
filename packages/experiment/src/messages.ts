import type { FlcErrorJson } from '@flc-native/errors';
import type { Job } from './settings.js';

/** From the comparison to a job's process. */
export type ToJob = { readonly type: 'run'; readonly job: Job } | { readonly type: 'cancel' };

/** From a job's process. */
export type FromJob =
  | { readonly type: 'progress'; readonly done: number; readonly stage: string }
  | { readonly type: 'end' }
  | { readonly type: 'error'; readonly error: FlcErrorJson };
