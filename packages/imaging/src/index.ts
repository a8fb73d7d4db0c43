/** Image processing of volumes by a Rust addon that needs no libtorch. Everything is in voxel units; what takes long runs off the event loop. */
export { type Components, type Connectivity, connectedComponents } from './connected-components.js';
export { gaussianFilter } from './gaussian-filter.js';
export { type KMeansOptions, type KMeansResult, kMeans, nearestCentres } from './k-means.js';
export {
  type RandomWalkOptions,
  type RandomWalkProblem,
  type RandomWalkResult,
  randomWalker,
  type SeedImage,
} from './random-walk.js';
export { RandomWalk, type SolveOptions } from './random-walk-session.js';
export { cropRegion, pasteRegion, type Region } from './region.js';
export { resampleSlice, resampleVolume } from './resample.js';
export type { Interpolation, Size, SliceSize } from './size.js';
export {
  type KSvdOptions,
  type KSvdResult,
  kSvd,
  orthogonalMatchingPursuit,
  type SparseCodes,
  type SparseCodingOptions,
} from './sparse-coding.js';
export {
  greyCooccurrence,
  haralickFeatures,
  haralickNames,
  type PixelOffset,
  uniformLocalBinaryPattern,
} from './texture.js';
export { warpVolume } from './warp-volume.js';
