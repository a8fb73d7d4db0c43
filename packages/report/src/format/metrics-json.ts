import type { ReportModel } from '../report-model.js';
import { banners } from '../statements.js';

/** The contents of metrics.json; undefined values are null beside their reason. */
export function metricsJson(model: ReportModel): string {
  const content = {
    format: 'flc-metrics',
    version: 1,
    notes: banners(model),
    synthetic: model.synthetic,
    summary: model.summary,
    partitions: model.evaluations.map(({ name, evaluation, metrics, ordinaryAccuracy }) => ({
      name,
      unit: evaluation.unit,
      metrics,
      ordinaryAccuracy,
      provenance: evaluation.provenance,
    })),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}
