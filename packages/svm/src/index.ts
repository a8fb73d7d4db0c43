/** C-support vector classification behind one estimator, with the grid search of the method. */
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
export type { SvmModelJson } from './model-json.js';
export type { SvmOptions } from './options.js';
export type { Features, LabelledSamples } from './samples.js';
export { SupportVectorClassifier } from './support-vector-classifier.js';
