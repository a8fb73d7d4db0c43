import { addon } from './addon.js';
import { unwrap } from './native-error.js';

/**
 * Arithmetic of the pathways. LSTM, heads, loss and all stored weights stay float32 under `bf16`. `tf32` is float32 whose
 * products a GPU rounds to TensorFloat-32; a CPU computes float32.
 */
export type Precision = 'float32' | 'tf32' | 'bf16' | 'float64';

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
  /** What a pathway is made of: the paper's residual blocks, or the layers of Yasaka et al. 2018. */
  backbone: 'residual' | 'yasaka';
  /**
   * Sides in pixels of two patches round the centre of each grid patch (Frid-Adar et al. 2017): the local pathway sees the
   * first, the global pathway the second instead of the ROI. null: patch and ROI, as in the paper.
   */
  patchScales: [number, number] | null;
  /** Indices of the prepared phases that the network reads, in this order; null: all in theirs. */
  phaseOrder: number[] | null;
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
  /** SGD with momentum (the paper), or Adam with beta 0.9 and 0.999. */
  optimizer: 'momentum' | 'adam';
  learningRate: number;
  momentum: number;
  /** Coupled L2 on every parameter. */
  weightDecay: number;
  batchSize: number;
  /**
   * Parts into which a batch is cut, whole ROIs each, to bound memory. Loss, gradients and centres are the whole batch's;
   * batch statistics are each part's own.
   */
  accumulate: number;
  sampler: 'grouped' | 'uniform';
  /** ROIs of a grouped batch; divides `batchSize`. */
  roisPerBatch: number;
  /** A ROI is drawn in proportion to its patches, over all or within its class (classes equally likely; not with `uniform`). */
  roiDraw: 'patches' | 'classes';
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
  /** On a GPU: whether the step is captured as a CUDA graph, where that can be done. */
  graphs: 'auto' | 'off';
  /** On a GPU: the phases' pathways run on streams side by side. */
  phaseStreams: 'off' | 'on';
  /** On a GPU: steps from one reading of the losses to the next. On a CPU every step is read. */
  reportEvery: number;
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
