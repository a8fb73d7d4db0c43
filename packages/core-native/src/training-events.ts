import type { TrainConfig } from './config.js';

/** A line of events.jsonl, and what a TrainingRun yields. Seconds are wall time. */
export type TrainingEvent =
  | {
      readonly type: 'start';
      readonly step: number;
      readonly resumed: boolean;
      /** Resolved. */
      readonly config: TrainConfig;
      readonly device: string;
      /** Trainable numbers of the network. */
      readonly parameters: number;
      readonly trainingSamples: number;
      readonly trainingPatches: number;
      readonly validationSamples: number;
      readonly validationPatches: number;
      /** That train together. */
      readonly processes: number;
      readonly warnings: readonly string[];
    }
  | {
      readonly type: 'step';
      readonly step: number;
      readonly loss: number;
      readonly lossInter: number;
      readonly lossIntra: number;
      readonly lossLast: number;
      readonly lossLocal: number | null;
      readonly lossGlobal: number | null;
      /** Share of the batch that was classified rightly. */
      readonly accuracy: number;
      readonly samplesPerSecond: number;
      /** Until `maxSteps`; training may stop earlier. */
      readonly etaSeconds: number;
      /** Resident memory of the process. */
      readonly memoryBytes: number;
      readonly seconds: number;
    }
  | {
      readonly type: 'notice';
      readonly step: number;
      /** What is done otherwise than asked for, and why. */
      readonly message: string;
    }
  | {
      readonly type: 'evaluation';
      readonly step: number;
      /** Of the validation patches. */
      readonly accuracy: number;
      readonly loss: number;
      /** The best so far: its weights are kept. */
      readonly best: boolean;
      readonly seconds: number;
    }
  | {
      readonly type: 'checkpoint';
      readonly step: number;
      /** Within the run's folder. */
      readonly path: string;
    }
  | {
      readonly type: 'end';
      readonly reason: 'patience' | 'maxSteps' | 'cancelled';
      readonly step: number;
      readonly bestStep: number;
      readonly bestAccuracy: number;
      readonly seconds: number;
    };

export interface TrainingResult {
  readonly reason: 'patience' | 'maxSteps';
  readonly step: number;
  readonly bestStep: number;
  readonly bestAccuracy: number;
  readonly seconds: number;
  /** Folder of the best weights. */
  readonly modelDir: string;
  /** Whether all processes that train together see `runDir`. */
  readonly runDirIsShared: boolean;
}
