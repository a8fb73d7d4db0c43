import type { FlcErrorJson } from '@flc-native/errors';

/** To the process of a task. */
export type ToTask = { readonly type: 'run'; readonly job: unknown } | { readonly type: 'cancel' };

/** From it. The last message is the outcome. */
export type FromTask<Event, Result> =
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'end'; readonly result: Result }
  | { readonly type: 'error'; readonly error: FlcErrorJson };
