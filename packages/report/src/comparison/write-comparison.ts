import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { writeFileAtomic } from '@flc-native/pipeline';
import type { CohortSample } from '../prepared-cohort.js';
import type { ComparisonInput } from './comparison.js';
import { comparisonCsv } from './comparison-csv.js';
import { comparisonJson } from './comparison-json.js';
import { comparisonMarkdown } from './comparison-markdown.js';
import { buildComparison, type ComparisonModel } from './comparison-model.js';

export interface ComparisonOptions<S extends CohortSample = CohortSample>
  extends ComparisonInput<S> {
  /** Folder for the files; made if missing. */
  readonly outDir: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
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
    if (options.signal?.aborted) {
      throw new FlcError('CANCELLED', 'The comparison was interrupted.', {
        cause: options.signal.reason,
      });
    }
    const file = join(options.outDir, name);
    await writeFileAtomic(file, content);
    files.push(file);
  };
  await write('comparison.json', comparisonJson(model));
  await write('comparison.csv', comparisonCsv(model));
  await write('comparison.md', comparisonMarkdown(model));
  return { files, model };
}
