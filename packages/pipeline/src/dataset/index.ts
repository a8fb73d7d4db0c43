export {
  caseByPseudonym,
  type Dataset,
  datasetPath,
  readDataset,
  writeDataset,
} from './dataset.js';
export {
  type DatasetCase,
  type DatasetConfig,
  type DatasetInput,
  type DatasetLesion,
  datasetJsonSchema,
  type Intensity,
} from './dataset-schema.js';
export { pseudonym } from './pseudonym.js';
export { createPseudonymKey, readPseudonymKey } from './pseudonym-key.js';
