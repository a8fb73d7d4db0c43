import type { Dataset } from '@flc-native/pipeline';
import { defineCommand } from '../command.js';
import { showsNames } from '../failure.js';
import { findingLine } from '../finding-line.js';
import { required, text } from '../option.js';
import type { Progress } from '../progress.js';

const options = {
  dataset: required(text('<file>', 'dataset.yaml')),
  sheet: text('<file.html>', 'write a page with every lesion in every phase and its outline'),
};

export const check = defineCommand({
  name: 'check',
  summary: 'look for faults in a dataset before anything is computed',
  examples: [
    'flc-native check --dataset data/dataset.yaml',
    'flc-native check --dataset data/dataset.yaml --sheet sheet.html',
  ],
  options,
  async run({ dataset: file, sheet }, { signal, progress, note, verbose }) {
    const { checkDataset, checkOutputFile, counted, datasetFiles, keepInputs, readDataset } =
      await import('@flc-native/pipeline');
    if (sheet !== undefined) await checkOutputFile(sheet);
    const dataset = await readDataset(file);
    if (sheet !== undefined) await keepInputs(datasetFiles(dataset), [sheet]);
    const bar = progress('check');
    const found = await checkDataset(dataset, {
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    }).finally(() => bar.stop());
    if (sheet !== undefined) await writeSheet(dataset, sheet, progress('sheet'), signal);
    const names = showsNames(verbose);
    for (const finding of found.findings) note(findingLine(finding, names));
    const errors = found.findings.filter(({ severity }) => severity === 'error').length;
    const warnings = found.findings.length - errors;
    return {
      exitCode: found.ok ? 0 : 3,
      json: found,
      text:
        `${counted(found.cases, 'case')}, ${counted(found.lesions, 'lesion')}: ` +
        `${counted(errors, 'error')}, ${counted(warnings, 'warning')}.` +
        (sheet === undefined ? '' : ` Contact sheet: ${sheet}`),
    };
  },
});

async function writeSheet(
  dataset: Dataset,
  file: string,
  bar: Progress,
  signal: AbortSignal,
): Promise<void> {
  const [{ sheetDataset, writeFileAtomic }, { contactSheet }] = await Promise.all([
    import('@flc-native/pipeline'),
    import('@flc-native/report'),
  ]);
  const lesions = await sheetDataset(dataset, {
    signal,
    onProgress: ({ done, total }) => bar.update(done, total),
  }).finally(() => bar.stop());
  const { phases, synthetic = false } = dataset;
  await writeFileAtomic(file, contactSheet(lesions, { phases, synthetic }));
}
