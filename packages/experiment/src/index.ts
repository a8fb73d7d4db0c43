/** The paper's experiment: every method on the same partitions, seeds and slices. */
export { chooseRows, rowGroups } from './choose-rows.js';
export type { ComparedRow, MissingCell } from './collect.js';
export { type CompareOptions, type Comparison, compare } from './compare.js';
export { ablationRows, mainRow, type Row, type RowGroup, tableRows } from './rows.js';
export { type Capacity, type Demand, runWithin } from './schedule.js';
export type { ComparisonSettings } from './settings.js';
export { ProgressSum, type TableProgress } from './table-progress.js';
