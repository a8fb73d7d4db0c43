import { comparedLesions } from './compared-lesions.js';
import type { ComparedMethod, ComparisonModel } from './comparison-model.js';
import { comparisonBanners, conclusions } from './comparison-statements.js';

/** The contents of comparison.json: every number of the report, and what each method made of each lesion. */
export function comparisonJson(model: ComparisonModel): string {
  const content = {
    format: 'flc-comparison',
    version: 1,
    notes: comparisonBanners(model),
    synthetic: model.synthetic,
    title: model.title,
    caption: model.caption,
    classes: model.classes,
    partitions: model.partitions,
    size: model.size,
    conclusions: conclusions(model),
    reference: model.reference?.entry.method ?? null,
    methods: model.methods.map(methodContent),
    tests: model.tests,
    lesions: comparedLesions(model).map(({ partition, id, patientId, truth, decisions }) => ({
      partition,
      id,
      patientId,
      truth,
      decisions: Object.fromEntries(decisions.map((of) => [of.method, of.predicted])),
    })),
    provenance: model.provenance,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function methodContent({ entry, runs, missing, summary, joint, ordinary, paper }: ComparedMethod) {
  return {
    method: entry.method,
    title: entry.title,
    citation: entry.citation ?? null,
    group: entry.group,
    summary,
    joint,
    ordinary,
    paper,
    missing,
    seconds: entry.seconds ?? null,
    settings: entry.settings ?? {},
    deviations: entry.deviations ?? [],
    partitions: runs.map(({ partition, metrics, evaluation }) => ({
      name: partition,
      unit: evaluation.unit,
      metrics,
      provenance: evaluation.provenance,
    })),
  };
}
