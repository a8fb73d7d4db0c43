export { airHu, readDicomStack } from './read-dicom-stack.js';
export { readDicomSegmentation } from './read-segmentation.js';
export { readStructureSet } from './read-structure-set.js';
export { type DicomScan, type ScanOptions, scanDicom } from './scan-dicom.js';
export type { DicomSegment, DicomSegmentation } from './segmentation.js';
export type { DicomFileFacts, DicomSlice } from './slice.js';
export type { DicomStack } from './stack.js';
export type { DicomStructureSet } from './structure-set.js';
export { type DicomElements, dicomFile, uidOf } from './write-dicom.js';
