export type {
  ComparisonEntry,
  ComparisonInput,
  MethodGroup,
  MissingPartition,
} from './comparison/comparison.js';
export { comparisonJson } from './comparison/comparison-json.js';
export {
  buildComparison,
  type ComparedMethod,
  type ComparisonModel,
} from './comparison/comparison-model.js';
export { comparisonText } from './comparison/comparison-text.js';
export { type PaperRow, paperTable2 } from './comparison/paper-table.js';
export {
  type ComparisonOptions,
  type WrittenComparison,
  writeComparison,
} from './comparison/write-comparison.js';
export type {
  EvaluatedLabelMap,
  EvaluationResult,
  LesionPrediction,
  Provenance,
} from './evaluation.js';
export { evaluationName } from './evaluation.js';
export { metricsCsv } from './format/metrics-csv.js';
export { metricsJson } from './format/metrics-json.js';
export { metricsText } from './format/metrics-text.js';
export { predictionsCsv } from './format/predictions-csv.js';
export { reportMarkdown } from './format/report-markdown.js';
export type { Interval, Measure, Proportion } from './metrics/measure.js';
export {
  type ClassMetrics,
  computeMetrics,
  type Metrics,
  type MetricsOptions,
} from './metrics/metrics.js';
export {
  type Aggregate,
  type PartitionSummary,
  summarizePartitions,
} from './metrics/partitions.js';
export { reportPage } from './page/page.js';
export { classColors, type Rgb, toHex } from './pictures/colors.js';
export { LesionImages } from './pictures/lesion-images.js';
export { type LesionPictureInput, lesionPicture } from './pictures/lesion-picture.js';
export { formatPng } from './pictures/png.js';
export type { Raster } from './pictures/raster.js';
export type { SampleImage } from './pictures/sample-image.js';
export type { CohortSample, CohortSplits, PreparedCohort } from './prepared-cohort.js';
export { buildReport, type ReportModel, type ReportModelInput } from './report-model.js';
export {
  type ContactSheetLesion,
  type ContactSheetOptions,
  type ContactSheetPanel,
  contactSheet,
} from './sheet/contact-sheet.js';
export { parseEvents, type TrainingHistory, type TrainingRecord } from './training-events.js';
export { type ReportOptions, type WrittenReport, writeReport } from './write-report.js';
