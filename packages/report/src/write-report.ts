import { join } from 'node:path';
import { FlcError, throwIfCancelled } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';
import type { EvaluationResult } from './evaluation.js';
import { metricsCsv } from './format/metrics-csv.js';
import { metricsJson } from './format/metrics-json.js';
import { metricsText } from './format/metrics-text.js';
import { predictionsCsv } from './format/predictions-csv.js';
import { reportMarkdown } from './format/report-markdown.js';
import { reportPage } from './page/page.js';
import { imagesOfLesion, LesionImages } from './pictures/lesion-images.js';
import type { CohortSample, CohortSplits, PreparedCohort } from './prepared-cohort.js';
import { buildReport, type ReportModel } from './report-model.js';
import type { TrainingHistory } from './training-events.js';

export interface ReportOptions<S extends CohortSample = CohortSample> {
  /** Folder for the files; made if missing. */
  readonly outDir: string;
  readonly title: string;
  /** One per partition or fold, in order. */
  readonly evaluations: readonly EvaluationResult[];
  /** The cohort evaluated; without it there are no pictures and no cohort table. */
  readonly prepared?: PreparedCohort<S> | undefined;
  readonly splits?: CohortSplits | undefined;
  /** Training runs whose curves are drawn. */
  readonly events?: readonly TrainingHistory[] | undefined;
  /** Draws of the bootstrap, default 2,000. */
  readonly replicates?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number }) => void)
    | undefined;
}

export interface WrittenReport {
  /** Paths of all files written. */
  readonly files: readonly string[];
  readonly model: ReportModel;
}

/**
 * Writes metrics.json, metrics.csv, metrics.txt, predictions.csv, report.md, report.html and one PNG per slice under
 * pictures/. Each file is written whole or not at all; equal input gives equal bytes.
 * @throws FlcError `DATA_ERROR` for results that do not fit together, `IO_ERROR` for a folder that cannot be written,
 * `CANCELLED` when the signal is aborted.
 */
export async function writeReport<S extends CohortSample>(
  options: ReportOptions<S>,
): Promise<WrittenReport> {
  const { outDir, evaluations, prepared } = options;
  if (evaluations.length === 0) {
    throw new FlcError('DATA_ERROR', 'A report needs at least one evaluation.', {
      remedy: 'Run evaluate first.',
    });
  }
  const model = buildReport({
    title: options.title,
    evaluations,
    ...(prepared === undefined ? {} : { cohort: prepared.index }),
    ...(options.splits === undefined ? {} : { splits: options.splits }),
    ...(options.events === undefined ? {} : { training: options.events }),
    ...(options.replicates === undefined ? {} : { replicates: options.replicates }),
  });
  checkNames(model);
  const files: string[] = [];
  const write = async (name: string, content: string | Uint8Array) => {
    const file = join(outDir, name);
    await writeFileAtomic(file, content);
    files.push(file);
  };
  const images = await drawLesions(model, options, write);
  await write('metrics.json', metricsJson(model));
  await write('metrics.csv', metricsCsv(model.evaluations));
  await write('metrics.txt', metricsText(model));
  await write('predictions.csv', predictionsCsv(evaluations));
  await write('report.md', reportMarkdown(model, images));
  await write('report.html', await reportPage(model, images));
  return { files, model };
}

/** Names become table rows and file names, so two evaluations must not share one. */
function checkNames(model: ReportModel): void {
  const names = model.evaluations.map((reported) => reported.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new FlcError('DATA_ERROR', `Two evaluations are called "${twice}".`, {
    remedy: 'Give each evaluation a name of its own.',
  });
}

async function drawLesions<S extends CohortSample>(
  model: ReportModel,
  { prepared, signal, onProgress }: ReportOptions<S>,
  write: (name: string, png: Uint8Array) => Promise<void>,
): Promise<LesionImages> {
  const images = new LesionImages();
  if (prepared === undefined) return images;
  const total = model.evaluations.reduce((sum, { lesions }) => sum + lesions.length, 0);
  let done = 0;
  for (const { name, evaluation, lesions } of model.evaluations) {
    for (const { prediction } of lesions) {
      throwIfCancelled(signal, 'The report was interrupted.');
      images.add(
        name,
        prediction.id,
        await imagesOfLesion(prepared, evaluation, name, prediction, write),
      );
      done++;
      onProgress?.({ done, total });
    }
  }
  return images;
}
