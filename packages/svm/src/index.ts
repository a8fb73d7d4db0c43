/** C-support vector classification behind one estimator, with the grid search of the method. */
export { type ChooseOptions, chooseMachine, type MachineChoice } from './choose-machine.js';
export {
  type CrossValidationOptions,
  type CrossValidationResult,
  crossValidate,
} from './cross-validate.js';
export {
  type ExponentRange,
  type GridPoint,
  type GridProgress,
  type GridSearchOptions,
  type GridSearchResult,
  gridSearch,
} from './grid-search.js';
export type { Kernel } from './kernel.js';
export type { PairMachine } from './model.js';
export type { SvmModelJson } from './model-json.js';
export { choiceNotes, voteNotes } from './notes.js';
export type { Pair } from './one-against-one.js';
export type { SvmOptions } from './options.js';
export type { Features, LabelledSamples } from './samples.js';
export type { Sigmoid } from './sigmoid.js';
export { SupportVectorClassifier, type SvmFitOptions } from './support-vector-classifier.js';
