import { textTable } from '../format/table.js';
import type { ComparisonModel } from './comparison-model.js';
import { comparisonBanners, conclusions } from './comparison-statements.js';
import { ablationTable, methodTable } from './comparison-tables.js';

/** The tables of the comparison for a terminal. */
export function comparisonText(model: ComparisonModel): string {
  const ablations = ablationTable(model);
  const blocks = [
    textTable(methodTable(model)),
    ...(ablations === null ? [] : [textTable(ablations)]),
    conclusions(model).join('\n'),
    ...comparisonBanners(model),
  ];
  return `${blocks.join('\n\n')}\n`;
}
