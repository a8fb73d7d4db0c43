export { pace } from './pace.js';
export { type PatchGrid, patchGrid, patchSize } from './patch-grid.js';
