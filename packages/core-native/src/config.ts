import { addon } from './addon.js';
import { unwrap } from './native-error.js';

/** Arithmetic of the pathways. LSTM, heads, loss and all stored weights stay float32 under `bf16`. */
export type Precision = 'float32' | 'bf16' | 'float64';

/** Everything that decides names and shapes of the weights. */
export interface NetworkConfig {
  /** P. */
  phases: number;
  /** K. */
  classes: number;
  /** n of the 6n + 2 layers of a pathway. */
  depth: number;
  widths: [number, number, number];
  /** Of the LSTM, per direction. */
  hiddenSize: number;
  /** Which LSTM outputs make the feature: the last state of each direction, or every step's. */
  readout: 'last' | 'all';
  /** Shortcut where a block changes width: He et al. 2016, option A or B. */
  shortcut: 'pad' | 'projection';
  pathways: 'both' | 'local' | 'global';
  phaseFusion: 'bdlstm' | 'lstm' | 'concat' | 'channels';
  directions: 'both' | 'forward' | 'backward';
  /** Side of a patch, pixels of the CT. */
  patchSize: number;
  /** Side to which a patch is resized. */
  patchInput: number;
  /** Side to which a ROI is resized. */
  roiInput: number;
}

/** Weights of the three heads in the inter-loss. */
export interface LossWeights {
  last: number;
  local: number;
  global: number;
}

/** A training run. Defaults are the paper's and live in the addon alone: see `defaultTrainConfig`. */
export interface TrainConfig {
  network: NetworkConfig;
  lossWeights: LossWeights;
  /** Weight of the intra-loss. */
  lambda: number;
  /** Rate of the class centres. */
  alpha: number;
  intraReduction: 'sum' | 'mean';
  learningRate: number;
  momentum: number;
  /** Coupled L2 on every parameter. */
  weightDecay: number;
  batchSize: number;
  sampler: 'grouped' | 'uniform';
  /** ROIs of a grouped batch; divides `batchSize`. */
  roisPerBatch: number;
  augmentation: 'dihedral' | 'none';
  /** What pixels outside the mask become. */
  background: 'lower' | 'zero' | 'keep';
  maxSteps: number;
  evaluateEvery: number;
  evaluatePatchesPerLesion: number;
  /** Evaluations without a better accuracy before training stops. */
  patience: number;
  checkpointEvery: number;
  /** `auto`, `cpu`, `cuda` or `cuda:N`. */
  device: string;
  /** CPU threads; 0 means all cores. */
  threads: number;
  precision: Precision;
  seed: number;
}

export type TrainConfigOverrides = Partial<Omit<TrainConfig, 'network' | 'lossWeights'>> & {
  readonly network?: Partial<NetworkConfig>;
  readonly lossWeights?: Partial<LossWeights>;
};

/**
 * Defaults overlaid with `overrides` and checked as a whole.
 * @throws FlcError INVALID_CONFIG, with the key in `details.key`, for an unknown key or a value that cannot be.
 */
export function resolveTrainConfig(overrides: TrainConfigOverrides = {}): TrainConfig {
  return unwrap(addon().resolveTrainConfig(overrides)) as TrainConfig;
}

/** The paper's settings (docs/explanation/method.md). */
export function defaultTrainConfig(): TrainConfig {
  return resolveTrainConfig();
}
