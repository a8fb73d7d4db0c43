export {
  defaultTrainConfig,
  type LossWeights,
  type NetworkConfig,
  type Precision,
  resolveTrainConfig,
  type TrainConfig,
  type TrainConfigOverrides,
} from './config.js';
export { type Device, devices, type RuntimeReport, runtimeReport } from './devices.js';
export { type DistributedOptions, type Placement, resolvePlacement } from './distributed.js';
export { type LoadOptions, Network, type Predictions, type SampleInput } from './network.js';
export { type TrainingSample, type TrainOptions, train } from './train.js';
export type { TrainingEvent, TrainingResult } from './training-events.js';
export type { TrainingRun } from './training-run.js';
