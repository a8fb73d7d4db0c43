/** Extent in voxels along x, y and z; x is the fastest in memory. */
export type Size = readonly [x: number, y: number, z: number];

/** Extent in pixels along x (columns) and y (rows); x is the fastest in memory. */
export type SliceSize = readonly [x: number, y: number];

/** How a value between voxel centres is found; `nearest` keeps label maps whole. */
export type Interpolation = 'linear' | 'nearest';
