import { dirname, join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { defineCommand } from '../command.js';
import { showsNames } from '../failure.js';
import { choice, names, pairs, required, text, withDefault } from '../option.js';

const options = {
  from: required(text('<dir>', 'folder to import from')),
  out: required(text('<file>', 'dataset.yaml to write')),
  layout: withDefault(
    text('<name|auto>', 'layout of the files; see docs/how-to/import.md'),
    'auto',
  ),
  phases: names(
    '<list>',
    'phases of the dataset in their order; default: those that most cases have',
  ),
  reference: text('<phase>', 'phase on which masks are drawn; default: the one with most masks'),
  phase: pairs(
    '<phase=pattern>',
    'give the phase to images whose file, folder, description or series UID has the pattern (may be repeated)',
  ),
  class: pairs('<term=name>', 'rename a class of the data set (may be repeated)'),
  sheet: text(
    '<file.csv>',
    'table with the column case and any of patient, class, studydate, or series and phase',
  ),
  modality: choice(['CT', 'MR'], 'modality, where the layout does not say it'),
  byImage: withDefault(
    choice(['auto', 'never'], 'look at aorta and liver where nothing says the phase'),
    'auto',
  ),
  pseudonymKey: text(
    '<file|none>',
    'secret under which pseudonyms are made, written if it is not there (default: pseudonym.key beside --out)',
  ),
  boxes: withDefault(choice(['mask', 'none'], 'what a bounding box becomes'), 'mask'),
};

export const importCommand = defineCommand({
  name: 'import',
  summary: 'write dataset.yaml from a public data set or a hospital folder',
  description:
    'Recognizes the layout, tells the phases and writes dataset.yaml. Cases that miss a phase or a mask go to <out>.apart.yaml, the decisions on phases to <out>.phases.csv, which may be edited and given back with --sheet. What earlier files held is kept in numbered copies. Images stay where they are.',
  examples: [
    'flc-native import --from data/MCT-LTDiag --out data/dataset.yaml',
    'flc-native import --layout folder --from hospital --out dataset.yaml --phase ART=C1 --phase PV=C2',
    'flc-native import --from hospital --out dataset.yaml --sheet dataset.phases.csv',
  ],
  options,
  async run({ class: classMap, pseudonymKey, ...settings }, { signal, progress, note, verbose }) {
    const { importDataset } = await import('@flc-native/pipeline');
    const { importSummary } = await import('../import-summary.js');
    const bar = progress('import');
    const names = showsNames(verbose);
    const report = await importDataset({
      ...settings,
      classMap,
      pseudonymKey: keyFile(pseudonymKey, settings.out),
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    })
      .catch((thrown: unknown) => {
        const columns = columnsOf(thrown);
        if (columns !== undefined && names) note(`columns of the sheet: ${columns.join(', ')}`);
        throw thrown;
      })
      .finally(() => bar.stop());
    const { notes, summary } = importSummary(report, settings.out, names);
    for (const line of notes) note(line);
    return { exitCode: report.cases === 0 ? 3 : 0, json: report, text: summary };
  },
});

function keyFile(wanted: string | undefined, out: string): string | undefined {
  return wanted === 'none' ? undefined : (wanted ?? join(dirname(out), 'pseudonym.key'));
}

/** Columns of a sheet that cannot be used; hidden in the error, since they may be names of patients. */
function columnsOf(thrown: unknown): readonly string[] | undefined {
  const columns = thrown instanceof FlcError ? thrown.details.columnNames : undefined;
  return Array.isArray(columns) ? columns.map(String) : undefined;
}
