import { abortWith } from '@flc-native/errors';
import { addon, cudaObject } from './addon.js';
import type { TrainConfigOverrides } from './config.js';
import { type DistributedOptions, type Placement, resolvePlacement } from './distributed.js';
import { type NativeFailure, toNativeError, unwrap } from './native-error.js';
import type { TrainingEvent, TrainingResult } from './training-events.js';
import { TrainingRun } from './training-run.js';

export interface TrainingSample {
  /** Prepared file and the sample's key in it. */
  readonly file: string;
  readonly key: string;
  /** Index of its class. */
  readonly class: number;
  /** Its lesion: all slices of a lesion share it, and no lesion may be in training and validation. */
  readonly group: string;
}

export interface TrainOptions {
  readonly config: TrainConfigOverrides;
  readonly samples: readonly TrainingSample[];
  /** (sample, row, column) triples at the training pace. */
  readonly trainPatches: Int32Array;
  readonly validationPatches: Int32Array;
  /** Gets config.json, events.jsonl, checkpoint/ and model/. */
  readonly runDir: string;
  /** Go on from the folder's checkpoint; bit-equal to a run that was never interrupted, on the same CPU. */
  readonly resume?: boolean;
  /** Resume with another thread count, or replace the run that the folder holds. */
  readonly force?: boolean;
  /**
   * Which of several processes this one is; all are given the same job. Default: what the environment of torchrun or SLURM
   * says. false: train alone.
   */
  readonly distributed?: DistributedOptions | Placement | false | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Message = { event: TrainingEvent } | { result: TrainingResult } | { failure: NativeFailure };

/**
 * Trains a network on a thread of its own; the event loop stays free.
 * @throws FlcError INVALID_CONFIG at once for a configuration that cannot be; later failures reject `finished`.
 */
export function train(options: TrainOptions): TrainingRun {
  return new TrainingRun((onEvent) => {
    const native = addon();
    const cancellation = new native.BindingCancellation();
    const cancel = () => cancellation.cancel();
    const release = abortWith(options.signal, cancel);
    let settle: { resolve: (r: TrainingResult) => void; reject: (e: Error) => void } | undefined;
    const finished = new Promise<TrainingResult>((resolve, reject) => {
      settle = { resolve, reject };
    });
    const onMessage = (text: string) => {
      const message = JSON.parse(text) as Message;
      if ('event' in message) return onEvent(message.event);
      release();
      if ('result' in message) settle?.resolve(message.result);
      else settle?.reject(toNativeError(message.failure));
    };
    const job = {
      config: options.config,
      samples: options.samples,
      trainingPatches: options.trainPatches,
      validationPatches: options.validationPatches,
      runDir: options.runDir,
      resume: options.resume ?? false,
      force: options.force ?? false,
      ...cudaObject(),
    };
    try {
      const placement = resolvePlacement(options.distributed);
      unwrap(
        native.startTraining({ ...job, ...(placement && { placement }) }, cancellation, onMessage),
      );
    } catch (error) {
      release();
      throw error;
    }
    return { finished, cancel };
  });
}
