import { defineCommand } from '../command.js';
import { required, text } from '../option.js';

const options = {
  dataset: required(text('<file>', 'dataset.yaml')),
};

export const check = defineCommand({
  name: 'check',
  summary: 'look for faults in a dataset before anything is computed',
  examples: ['flc-native check --dataset data/dataset.yaml'],
  options,
  async run({ dataset }, { signal, progress, note }) {
    const { checkDataset, readDataset } = await import('@flc-native/pipeline');
    const bar = progress('check');
    const found = await checkDataset(await readDataset(dataset), {
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    }).finally(() => bar.stop());
    for (const { severity, code, caseId, caseName, file, message, remedy } of found.findings) {
      const where = [caseName ?? caseId, file].filter((part) => part !== undefined).join(', ');
      note(`${severity} ${code} (${where}): ${message}\n  remedy: ${remedy}`);
    }
    const errors = found.findings.filter(({ severity }) => severity === 'error').length;
    const warnings = found.findings.length - errors;
    return {
      exitCode: found.ok ? 0 : 3,
      json: found,
      text: `${found.cases} cases, ${found.lesions} lesions: ${errors} errors, ${warnings} warnings.`,
    };
  },
});
