export { classProportions } from './class-proportions.js';
export { type LabelMap, labelMapFromPredictions, unlabelled } from './label-map.js';
