import { dirname, join } from 'node:path';
import { defineCommand } from '../command.js';
import { showsNames } from '../failure.js';
import { importSummary } from '../import-summary.js';
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
    'Recognizes the layout, tells the phases and writes dataset.yaml. Cases that miss a phase or a mask go to <out>.apart.yaml, the decisions on phases to <out>.phases.csv, which may be edited and given back with --sheet. Images stay where they are.',
  examples: [
    'flc-native import --from data/MCT-LTDiag --out data/dataset.yaml',
    'flc-native import --layout folder --from hospital --out dataset.yaml --phase ART=C1 --phase PV=C2',
    'flc-native import --from hospital --out dataset.yaml --sheet dataset.phases.csv',
  ],
  options,
  async run({ class: classMap, pseudonymKey, ...settings }, { signal, progress, note, verbose }) {
    const { importDataset } = await import('@flc-native/pipeline');
    const bar = progress('import');
    const report = await importDataset({
      ...settings,
      classMap,
      pseudonymKey: keyFile(pseudonymKey, settings.out),
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    }).finally(() => bar.stop());
    const { notes, summary } = importSummary(report, settings.out, showsNames(verbose));
    for (const line of notes) note(line);
    return { json: report, text: summary };
  },
});

function keyFile(wanted: string | undefined, out: string): string | undefined {
  return wanted === 'none' ? undefined : (wanted ?? join(dirname(out), 'pseudonym.key'));
}
