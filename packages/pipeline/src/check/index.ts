export { type CheckOptions, type CheckReport, checkDataset } from './check-dataset.js';
export type { Finding, FindingCode } from './finding.js';
