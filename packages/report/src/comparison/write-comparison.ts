import { join } from 'node:path';
import { throwIfCancelled } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';
import { imagesOfLesion, LesionImages } from '../pictures/lesion-images.js';
import type { CohortSample } from '../prepared-cohort.js';
import type { ComparisonInput } from './comparison.js';
import { comparisonCsv } from './comparison-csv.js';
import { comparisonJson } from './comparison-json.js';
import { comparisonMarkdown } from './comparison-markdown.js';
import { buildComparison, type ComparisonModel } from './comparison-model.js';
import { comparisonPage } from './page/comparison-page.js';

const interrupted = 'The comparison was interrupted.';

export interface ComparisonOptions<S extends CohortSample = CohortSample>
  extends ComparisonInput<S> {
  /** Folder for the files; made if missing. */
  readonly outDir: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { readonly done: number; readonly total: number }) => void)
    | undefined;
}

export interface WrittenComparison {
  /** Paths of all files written. */
  readonly files: readonly string[];
  readonly model: ComparisonModel;
}

/**
 * Writes comparison.json, comparison.csv, comparison.md and comparison.html. Each file is written whole or not at all;
 * equal input gives equal bytes. Methods or partitions without results are rows that say why.
 * @throws FlcError `DATA_ERROR` for methods that do not fit together (see `buildComparison`), `IO_ERROR` for a folder
 * that cannot be written, `CANCELLED` when the signal is aborted.
 */
export async function writeComparison<S extends CohortSample>(
  options: ComparisonOptions<S>,
): Promise<WrittenComparison> {
  const model = buildComparison(options);
  const files: string[] = [];
  const write = async (name: string, content: string) => {
    throwIfCancelled(options.signal, interrupted);
    const file = join(options.outDir, name);
    await writeFileAtomic(file, content);
    files.push(file);
  };
  await write('comparison.json', comparisonJson(model));
  await write('comparison.csv', comparisonCsv(model));
  await write('comparison.md', comparisonMarkdown(model));
  await write('comparison.html', await comparisonPage(model, await drawLesions(model, options)));
  return { files, model };
}

/** The panels of the reference's lesions; none without a prepared cohort. */
async function drawLesions<S extends CohortSample>(
  { reference }: ComparisonModel,
  { prepared, signal, onProgress }: ComparisonOptions<S>,
): Promise<LesionImages> {
  const images = new LesionImages();
  if (prepared === undefined || reference === null) return images;
  const total = reference.runs.reduce((n, run) => n + run.evaluation.predictions.length, 0);
  let done = 0;
  for (const { partition, evaluation } of reference.runs) {
    for (const prediction of evaluation.predictions) {
      throwIfCancelled(signal, interrupted);
      const slices = await imagesOfLesion(prepared, evaluation, partition, prediction);
      images.add(partition, prediction.id, slices);
      done++;
      onProgress?.({ done, total });
    }
  }
  return images;
}
