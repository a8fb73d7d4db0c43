export { marksOfImage, marksOfStrokes, type SeedMark } from './seed-image.js';
export type { LiverUse, SegmentedMask } from './segment-case.js';
export { type SegmentOptions, type SegmentReport, segmentDataset } from './segment-dataset.js';
export { type SegmentedLesion, type SegmentLesionInput, segmentLesion } from './segment-lesion.js';
export {
  resolveSegmentation,
  type SegmentationInput,
  type SegmentationSettings,
} from './segmentation-settings.js';
