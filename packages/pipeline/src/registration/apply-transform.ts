import { type Grid, makeVolume, type Volume, voxelArrays } from '../volume/volume.js';
import { worldToIndex } from './cubic-spline.js';
import { slicePositions } from './slice-positions.js';
import type { SpatialTransform } from './spatial-transform.js';

export interface ApplyTransformInput {
  readonly moving: Volume;
  /** From `onto` to `moving`. */
  readonly transform: SpatialTransform;
  readonly onto: Grid;
  /** `nearest` for masks and label images. */
  readonly interpolation: 'linear' | 'nearest';
  /** Value of voxels that come from outside of `moving`: air in CT, 0 in masks. */
  readonly fill: number;
}

/**
 * Pulls a volume through a transform onto another grid: out(p) = moving(transform(p)). Keeps the type of the voxels;
 * whole numbers are rounded. A voxel reaches half a voxel beyond its centre, as in ITK; beyond that comes `fill`.
 */
export function applyTransform(input: ApplyTransformInput): Volume {
  const { moving, transform, onto, interpolation, fill } = input;
  const [nx, ny, nz] = onto.size;
  const out = new voxelArrays[moving.dtype](nx * ny * nz);
  const whole = !moving.dtype.startsWith('float');
  const sample = sampler(moving, interpolation);
  const positions = slicePositions(transform, onto, worldToIndex(moving));
  for (let z = 0, at = 0; z < nz; z += 1) {
    const slice = positions(z);
    for (let i = 0; i < slice.length; i += 3, at += 1) {
      const value = sample(slice[i] as number, slice[i + 1] as number, slice[i + 2] as number);
      if (Number.isNaN(value)) out[at] = fill;
      else out[at] = whole ? Math.round(value) : value;
    }
  }
  return makeVolume(onto, out);
}

/** Value at a voxel index (fractional); NaN outside of the volume. */
export function sampler(
  volume: Pick<Volume, 'size'> & { readonly data: ArrayLike<number> },
  interpolation: 'linear' | 'nearest',
): (x: number, y: number, z: number) => number {
  const [nx, ny, nz] = volume.size;
  const { data } = volume;
  const outside = (x: number, y: number, z: number) =>
    !(x >= -0.5 && y >= -0.5 && z >= -0.5 && x < nx - 0.5 && y < ny - 0.5 && z < nz - 0.5);
  if (interpolation === 'nearest') {
    return (x, y, z) =>
      outside(x, y, z)
        ? Number.NaN
        : (data[(Math.round(z) * ny + Math.round(y)) * nx + Math.round(x)] as number);
  }
  return (x, y, z) => {
    if (outside(x, y, z)) return Number.NaN;
    const cx = Math.min(Math.max(x, 0), nx - 1);
    const cy = Math.min(Math.max(y, 0), ny - 1);
    const cz = Math.min(Math.max(z, 0), nz - 1);
    const [ix, iy, iz] = [Math.floor(cx), Math.floor(cy), Math.floor(cz)];
    const [fx, fy, fz] = [cx - ix, cy - iy, cz - iz];
    const stepX = ix + 1 < nx ? 1 : 0;
    const stepY = iy + 1 < ny ? nx : 0;
    const stepZ = iz + 1 < nz ? nx * ny : 0;
    const at = (iz * ny + iy) * nx + ix;
    const row = (start: number) => {
      const first = data[start] as number;
      return first + fx * ((data[start + stepX] as number) - first);
    };
    const near = row(at) + fy * (row(at + stepY) - row(at));
    if (fz === 0) return near;
    const far = at + stepZ;
    return near + fz * (row(far) + fy * (row(far + stepY) - row(far)) - near);
  };
}
