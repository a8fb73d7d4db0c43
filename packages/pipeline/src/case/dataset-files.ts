import { resolve } from 'node:path';
import type { Dataset } from '../dataset/dataset.js';
import { segmentInputs } from '../segmentation/segment-case.js';
import { caseInputs, caseJob } from './case-job.js';

/** Every file of a dataset: dataset.yaml, the key of its pseudonyms, images, masks and seeds. Of DICOM also folders. */
export function datasetFiles(dataset: Dataset): string[] {
  const { file, root, pseudonymKey } = dataset;
  const jobs = dataset.cases.map((entry) => caseJob(dataset, entry));
  const inputs = jobs.flatMap((job) => [...caseInputs(job), ...segmentInputs(job)]);
  const key = pseudonymKey === undefined ? [] : [resolve(root, pseudonymKey)];
  return [...new Set([file, ...key, ...inputs.map((input) => input.file)])];
}
