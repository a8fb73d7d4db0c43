export type { LesionSample } from './cut-samples.js';
export type { LiverMeanSource } from './liver-mean.js';
export { type PrepareReport, prepareDataset } from './prepare-dataset.js';
export { type PreparedLesion, type PrepareLesionInput, prepareLesion } from './prepare-lesion.js';
export { type PrepareOptions, resolvePrepareOptions } from './prepare-options.js';
export type { InputStamp, PreparedCase, PreparedIndex, PreparedSample } from './prepared-format.js';
export { type Prepared, readPrepared, type SamplePixels } from './read-prepared.js';
