import { networkPresetNames, trainingPresetNames } from '@flc-native/classifier/presets';
import {
  choice,
  defaultElsewhere,
  integer,
  number,
  numbers,
  text,
  threeNumbers,
} from './option.js';

/** Which network: a row of the paper's Table 2, and every choice beneath it. The defaults are the addon's. */
export const networkOptions = {
  network: defaultElsewhere(
    choice(networkPresetNames, "a network row of the paper's Table 2"),
    'resgl-bdlstm',
  ),
  depth: defaultElsewhere(integer('n of a residual pathway of 6n+2 layers', { min: 1 }), '3'),
  widths: defaultElsewhere(threeNumbers('<a,b,c>', 'channels of the three stages'), '16,32,64'),
  hiddenSize: defaultElsewhere(integer('of the LSTM, each direction', { min: 1 }), '64'),
  patchInput: defaultElsewhere(
    integer('side to which a patch is resized, pixels', { min: 8 }),
    '64',
  ),
  roiInput: defaultElsewhere(
    integer('side to which a region of interest is resized, pixels', { min: 8 }),
    '128',
  ),
  readout: defaultElsewhere(choice(['last', 'all'], 'which LSTM outputs make the feature'), 'last'),
  shortcut: defaultElsewhere(choice(['pad', 'projection'], 'of the residual blocks'), 'pad'),
  pathways: defaultElsewhere(
    choice(['both', 'local', 'global'], 'which pathways there are'),
    'by --network',
  ),
  phaseFusion: defaultElsewhere(
    choice(['bdlstm', 'lstm', 'concat', 'channels'], 'how the phases come together'),
    'by --network',
  ),
  directions: defaultElsewhere(choice(['both', 'forward', 'backward'], 'of the LSTM'), 'both'),
  backbone: defaultElsewhere(
    choice(['residual', 'yasaka'], 'what a pathway is made of'),
    'by --network',
  ),
  patchScales: defaultElsewhere(
    numbers('<a,b>', 'sides of two patches that the pathways see instead of patch and region'),
    'by --network',
  ),
  phaseOrder: defaultElsewhere(
    numbers('<i,...>', 'prepared phases that the network reads, counted from 0, in this order'),
    'all',
  ),
} as const;

/** The loss and the schedule. The defaults are the addon's. */
export const trainingOptions = {
  preset: defaultElsewhere(
    choice(trainingPresetNames, 'how to train; robust is experimental'),
    'paper',
  ),
  lossWeights: defaultElsewhere(
    threeNumbers('<last,local,global>', 'weights of the three heads'),
    'by --network',
  ),
  lambda: defaultElsewhere(number('weight of the intra-loss', { min: 0 }), 'by --network'),
  alpha: defaultElsewhere(number('rate of the centres', { min: 0 }), '0.2'),
  intraReduction: defaultElsewhere(
    choice(['sum', 'mean'], 'of the intra-loss over the batch'),
    'sum',
  ),
  optimizer: defaultElsewhere(
    choice(['momentum', 'adam'], 'SGD with momentum, or Adam'),
    'momentum',
  ),
  learningRate: defaultElsewhere(number('of the optimizer', { min: 0 }), '0.01'),
  momentum: defaultElsewhere(number('of momentum SGD', { min: 0, max: 1 }), '0.9'),
  weightDecay: defaultElsewhere(number('L2 on every parameter', { min: 0 }), '0.00004'),
  batchSize: defaultElsewhere(integer('patches a step', { min: 2 }), '100'),
  accumulate: defaultElsewhere(
    integer('parts of a batch, one after the other, to save memory', { min: 1 }),
    '1',
  ),
  sampler: defaultElsewhere(choice(['grouped', 'uniform'], 'how a batch is drawn'), 'grouped'),
  roisPerBatch: defaultElsewhere(integer('regions of interest a step', { min: 1 }), '10'),
  roiDraw: defaultElsewhere(
    choice(
      ['patches', 'classes'],
      'what makes regions equally likely: their patches, or classes too',
    ),
    'patches',
  ),
  augmentation: defaultElsewhere(
    choice(['dihedral', 'none'], 'flips and quarter turns'),
    'dihedral',
  ),
  maxSteps: defaultElsewhere(integer('steps at most', { min: 1 }), '3000'),
  evaluateEvery: defaultElsewhere(integer('steps between evaluations', { min: 1 }), '100'),
  evaluatePatchesPerLesion: defaultElsewhere(
    integer('validation patches a lesion', { min: 1 }),
    '32',
  ),
  patience: defaultElsewhere(
    integer('evaluations without progress before the end', { min: 1 }),
    '10',
  ),
  checkpointEvery: defaultElsewhere(integer('steps between checkpoints', { min: 1 }), '500'),
  graphs: defaultElsewhere(choice(['auto', 'off'], 'CUDA graphs of the step on a GPU'), 'auto'),
  phaseStreams: defaultElsewhere(
    choice(['off', 'on'], 'phases side by side on streams of a GPU'),
    'off',
  ),
  reportEvery: defaultElsewhere(
    integer('steps from one reading of the loss to the next, on a GPU', { min: 1 }),
    '10',
  ),
  seed: defaultElsewhere(integer('of every random draw', { min: 0 }), '0'),
} as const;

/** Where the arithmetic runs. */
export const deviceOptions = {
  device: defaultElsewhere(text('<auto|cpu|cuda|cuda:N>', 'where the network runs'), 'auto'),
  threads: defaultElsewhere(integer('CPU threads, 0 for all cores', { min: 0 }), '0'),
  precision: defaultElsewhere(
    choice(['float32', 'tf32', 'bf16', 'float64'], 'of the arithmetic; tf32 is for GPUs'),
    'float32',
  ),
} as const;
