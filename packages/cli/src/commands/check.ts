import type { Dataset } from '@flc-native/pipeline';
import { defineCommand } from '../command.js';
import { shownPath, showsNames } from '../failure.js';
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
    const { checkDataset, checkOutputFile, counted, readDataset } = await import(
      '@flc-native/pipeline'
    );
    if (sheet !== undefined) await checkOutputFile(sheet);
    const dataset = await readDataset(file);
    const bar = progress('check');
    const found = await checkDataset(dataset, {
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    }).finally(() => bar.stop());
    if (sheet !== undefined) await writeSheet(dataset, sheet, progress('sheet'), signal);
    const names = showsNames(verbose);
    for (const { severity, code, caseId, caseName, file, message, remedy } of found.findings) {
      const name = names ? (caseName ?? caseId) : caseId;
      const where = [
        ...(name === '' ? [] : [name]),
        ...(file === undefined ? [] : [shownPath(file, names)]),
      ];
      const place = where.length === 0 ? '' : ` (${where.join(', ')})`;
      note(`${severity} ${code}${place}: ${message}\n  remedy: ${remedy}`);
    }
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
