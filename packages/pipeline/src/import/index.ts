export type { Detection, LayoutAdapter } from './adapter.js';
export { importDataset } from './import-dataset.js';
export type { ImportOptions } from './import-options.js';
export type {
  ImportReport,
  ReportedCase,
  ReportedDecision,
  ReportedWarning,
} from './import-report.js';
export { layouts } from './layouts/index.js';
