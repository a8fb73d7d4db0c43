export {
  type Affine,
  compareGrids,
  type GridDifference,
  gridFromRasAffine,
  lpsToRas,
  rasAffineOf,
  rasToLps,
  reorientToLps,
  sameGrid,
  voxelToWorld,
  worldToVoxel,
} from './geometry.js';
export { readVolume, volumeExtensions } from './read-volume.js';
export {
  type Grid,
  identityDirection,
  type Matrix3,
  makeVolume,
  type Vector3,
  type Volume,
  type VoxelData,
  type VoxelDtype,
  voxelCount,
} from './volume.js';
export { writeVolume } from './write-volume.js';
