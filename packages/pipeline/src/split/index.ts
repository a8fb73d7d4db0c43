export { apportion } from './assign.js';
export { paperCounts } from './paper-counts.js';
export { type PartCounts, type SplitOptions, splitByPatient } from './split-by-patient.js';
export {
  type ClassCounts,
  type Part,
  type Partition,
  parts,
  type SplitSample,
  type Splits,
  splitsSchema,
} from './splits.js';
export { checkSplits, readSplits, samplesOfPart, writeSplits } from './splits-file.js';
