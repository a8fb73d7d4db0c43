export type { SheetLesion, SheetPanel } from './sheet-case.js';
export { type SheetOptions, sheetDataset } from './sheet-dataset.js';
export type { SheetView } from './sheet-view.js';
