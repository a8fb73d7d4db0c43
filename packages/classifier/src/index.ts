export { readModelDescription } from './bundle.js';
export { type ChildTask, type Death, startChildTask, taskScript } from './child-task.js';
export {
  Classifier,
  type ClassifierOptions,
  type LesionClassification,
} from './classifier.js';
export { checkImages, dataHash } from './cohort.js';
export { decideByProbability, decideByVote } from './decide-otherwise.js';
export { classifyPrepared, type EvaluateOptions, evaluate } from './evaluate.js';
export { type EvaluateProcessesOptions, evaluateInProcesses } from './evaluate-in-processes.js';
export {
  type EvaluatedLabelMap,
  type EvaluationResult,
  type LesionPrediction,
  readEvaluation,
  writeEvaluation,
} from './evaluation.js';
export { type FitConfig, type FitEvent, type FitOptions, type FitResult, fit } from './fit.js';
export { fitInProcesses, type ProcessesOptions } from './fit-in-processes.js';
export type { LesionSlice, MappedLesion, SliceLabelMap } from './label-maps.js';
export { type Lesion, type LesionShare, lesionsOf, type Unit, unitsOf } from './lesions.js';
export {
  type ModelDescription,
  type Preprocessing,
  prepareOptionsOf,
  type SvmProvenance,
  type TrainingProvenance,
} from './model-description.js';
export type { NetworkInput, PatchNetwork } from './patch-network.js';
export { type PacePolicy, patchSelection, type Roi } from './patch-selection.js';
export {
  type NetworkPreset,
  networkPresetNames,
  networkPresets,
  overlay,
  type TrainingPreset,
  trainingPresetNames,
  trainingPresets,
} from './presets.js';
export type { RankGroup } from './rank-group.js';
export { serveTask, type TaskSurroundings } from './serve-task.js';
