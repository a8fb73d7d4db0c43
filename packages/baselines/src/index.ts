/** The classic comparison methods of Table 2 as estimators: fit and predict on prepared lesions. */
export type {
  ComparisonMethod,
  FitContext,
  FitProgress,
  FittedMethod,
  LabelledLesion,
  MethodName,
  MethodPrediction,
  SavedMethod,
  UnlabelledLesion,
} from './comparison-method.js';
export { comparisonMethods } from './comparison-methods.js';
export { loadMethod, methodFromJSON } from './load-method.js';
