export { type DicomScan, type ScanOptions, scanDicom } from './scan-dicom.js';
export type { DicomSegment, DicomSegmentation } from './segmentation.js';
export type { DicomFileFacts, DicomSlice } from './slice.js';
export type { DicomStack } from './stack.js';
export type { DicomStructureSet } from './structure-set.js';
