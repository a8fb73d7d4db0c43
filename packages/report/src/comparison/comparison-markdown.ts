import { provenanceTable } from '../format/provenance-table.js';
import { escapeMarkdown, markdownTable, type Table } from '../format/table.js';
import type { ComparedMethod, ComparisonModel } from './comparison-model.js';
import { aboutComparison, comparisonBanners, conclusions } from './comparison-statements.js';
import { ablationTable, besidePaperTable, countTable, methodTable } from './comparison-tables.js';
import { denominatorTable, scoreComparisonTable, testTable } from './statistics-tables.js';

/** The tables of the comparison, what they allow one to conclude, settings and provenance as Markdown. */
export function comparisonMarkdown(model: ComparisonModel): string {
  const tables = (...of: (Table | null)[]) =>
    of.flatMap((t) => (t === null ? [] : [markdownTable(t)]));
  const blocks = [
    `# ${escapeMarkdown(model.title)}`,
    ...comparisonBanners(model).map((text) => `> ${escapeMarkdown(text)}`),
    aboutComparison,
    '## Methods',
    ...tables(methodTable(model), ablationTable(model)),
    '## What this allows one to conclude',
    conclusions(model)
      .map((sentence) => `- ${escapeMarkdown(sentence)}`)
      .join('\n'),
    ...tables(testTable(model)),
    '## More numbers',
    ...tables(
      scoreComparisonTable(model),
      denominatorTable(model),
      besidePaperTable(model),
      countTable(model),
    ),
    ...(model.cohort.length > 0 ? ['## Cohort', ...model.cohort.map(markdownTable)] : []),
    '## Settings and deviations',
    ...model.methods.flatMap(methodBlocks),
    '## Provenance',
    markdownTable(provenanceTable(model.provenance, 'Comparison')),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function methodBlocks({ entry }: ComparedMethod): string[] {
  const { title, citation, settings, deviations = [], seconds } = entry;
  return [
    `### ${escapeMarkdown(title)}`,
    ...(citation === undefined ? [] : [escapeMarkdown(citation)]),
    ...(seconds === undefined ? [] : [`Fitting and predicting took ${seconds.toFixed(0)} s.`]),
    ...(settings === undefined ? [] : [markdownTable(provenanceTable(settings, 'Settings'))]),
    ...(deviations.length === 0
      ? []
      : [deviations.map((text) => `- ${escapeMarkdown(text)}`).join('\n')]),
  ];
}
