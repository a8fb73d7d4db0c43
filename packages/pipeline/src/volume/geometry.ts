/**
 * One geometry: LPS, mm, voxel centres (ITK, DICOM). This file alone flips or permutes axes.
 */
import { FlcError } from '@flc-native/errors';
import {
  type Grid,
  gridOf,
  type Matrix3,
  type Vector3,
  type Volume,
  voxelArrays,
} from './volume.js';

/** A voxel-to-world transform: the upper three rows of a 4 x 4 matrix, row major. */
export type Affine = readonly number[];

/** World position (LPS, mm) of a voxel index, which may be fractional. */
export function voxelToWorld(grid: Grid, index: Vector3): Vector3 {
  const { spacing: s, direction: d, origin: o } = grid;
  const [x, y, z] = [index[0] * s[0], index[1] * s[1], index[2] * s[2]];
  return [
    o[0] + d[0] * x + d[1] * y + d[2] * z,
    o[1] + d[3] * x + d[4] * y + d[5] * z,
    o[2] + d[6] * x + d[7] * y + d[8] * z,
  ];
}

/** Voxel index (fractional) of a world position (LPS, mm). */
export function worldToVoxel(grid: Grid, point: Vector3): Vector3 {
  const m = inverse(grid.direction);
  const [x, y, z] = [0, 1, 2].map((i) => (point[i] as number) - (grid.origin[i] as number)) as [
    number,
    number,
    number,
  ];
  const s = grid.spacing;
  return [
    (m[0] * x + m[1] * y + m[2] * z) / s[0],
    (m[3] * x + m[4] * y + m[5] * z) / s[1],
    (m[6] * x + m[7] * y + m[8] * z) / s[2],
  ];
}

/** NIfTI's RAS world and our LPS differ in the sign of x and y; the map is its own inverse. */
export function rasToLps(point: Vector3): Vector3 {
  return [0 - point[0], 0 - point[1], point[2]];
}
export const lpsToRas: (point: Vector3) => Vector3 = rasToLps;

/** NIfTI's affine (voxel -> RAS) of a grid. */
export function rasAffineOf(grid: Grid): Affine {
  const origin = lpsToRas(grid.origin);
  return [0, 1, 2].flatMap((row) => {
    const sign = row < 2 ? -1 : 1;
    const axes = [0, 1, 2].map(
      (c) => sign * (grid.direction[row * 3 + c] as number) * (grid.spacing[c] as number),
    );
    return [...axes, origin[row] as number];
  });
}

/** Axes may deviate from a right angle by this cosine (0.06 degrees) before a grid is refused. */
const maxShearCosine = 1e-3;

/**
 * The grid of a NIfTI affine (voxel -> RAS). DATA_ERROR for one that is singular or sheared (a
 * tilted gantry): our grids have orthogonal axes.
 */
export function gridFromRasAffine(size: Vector3, affine: Affine): Grid {
  const columns = [0, 1, 2].map((c) => [
    -(affine[c] as number),
    -(affine[4 + c] as number),
    affine[8 + c] as number,
  ]);
  const spacing = columns.map((c) => Math.hypot(...c));
  if (!spacing.every((s) => Number.isFinite(s) && s > 0)) {
    throw new FlcError('DATA_ERROR', 'the voxel-to-world matrix is singular or not finite', {
      details: { affine },
      remedy: 'write the image again with a valid orientation',
    });
  }
  const units = columns.map((c, i) => c.map((v) => v / (spacing[i] as number)));
  const shear = Math.max(
    ...[
      [0, 1],
      [0, 2],
      [1, 2],
    ].map(([i, j]) =>
      Math.abs(dot(units[i as number] as number[], units[j as number] as number[])),
    ),
  );
  if (shear > maxShearCosine) {
    throw new FlcError('DATA_ERROR', 'the voxel axes are not at right angles', {
      details: { cosine: shear, allowed: maxShearCosine },
      remedy: 'resample the image onto an orthogonal grid (gantry tilt)',
    });
  }
  return {
    size,
    spacing: spacing as unknown as Vector3,
    origin: rasToLps([affine[3] as number, affine[7] as number, affine[11] as number]),
    // + 0 turns a negative zero into zero.
    direction: [0, 1, 2].flatMap((r) =>
      units.map((u) => (u[r] as number) + 0),
    ) as unknown as Matrix3,
  };
}

/** How two grids differ. Lengths in mm. */
export interface GridDifference {
  readonly sameSize: boolean;
  /** Largest difference of a spacing. */
  readonly spacing: number;
  /** Largest difference of a direction cosine. */
  readonly direction: number;
  /** Distance of the first voxels. */
  readonly origin: number;
  /** Largest distance of corresponding corner voxels once the first voxels coincide. */
  readonly corners: number;
}

/** Compares two grids; `corners` gathers what spacing and direction do over the whole extent. */
export function compareGrids(a: Grid, b: Grid): GridDifference {
  const distance = (p: readonly number[], q: readonly number[]) =>
    Math.hypot(...p.map((v, i) => v - (q[i] as number)));
  const largest = (p: readonly number[], q: readonly number[]) =>
    Math.max(...p.map((v, i) => Math.abs(v - (q[i] as number))));
  const zero = [0, 0, 0] as const;
  let corners = 0;
  for (let corner = 1; corner < 8; corner += 1) {
    const index = [0, 1, 2].map((i) => ((corner >> i) & 1) * ((a.size[i] as number) - 1));
    const at = index as unknown as Vector3;
    const p = voxelToWorld({ ...a, origin: zero }, at);
    corners = Math.max(corners, distance(p, voxelToWorld({ ...b, origin: zero }, at)));
  }
  return {
    sameSize: a.size.every((n, i) => n === b.size[i]),
    spacing: largest(a.spacing, b.spacing),
    direction: largest(a.direction, b.direction),
    origin: distance(a.origin, b.origin),
    corners,
  };
}

/** True if sizes agree and every corner voxel lies at the same place within `tolerance` mm. */
export function sameGrid(a: Grid, b: Grid, tolerance = 0.1): boolean {
  const difference = compareGrids(a, b);
  return difference.sameSize && difference.origin + difference.corners <= tolerance;
}

/**
 * Permutes and flips voxel axes so that x, y and z run nearest to left, posterior and superior:
 * slices are axial, rows run from anterior to posterior, as radiology shows them. No resampling;
 * world positions of voxels stay. Returns the same object where nothing is to do.
 */
export function reorientToLps<V extends Volume>(volume: V): Volume {
  const axes = nearestAxes(volume.direction);
  const signs = axes.map((axis, w) => Math.sign(volume.direction[w * 3 + axis] as number));
  if (axes.every((axis, w) => axis === w) && signs.every((s) => s > 0)) return volume;
  const size = axes.map((axis) => volume.size[axis] as number) as unknown as Vector3;
  const strides = [1, volume.size[0], volume.size[0] * volume.size[1]];
  const first = [0, 0, 0];
  const step = axes.map((axis, w) => (signs[w] as number) * (strides[axis] as number));
  axes.forEach((axis, w) => {
    if ((signs[w] as number) < 0) first[axis] = (volume.size[axis] as number) - 1;
  });
  const direction = [0, 1, 2].flatMap((r) =>
    // + 0 turns a negative zero into zero.
    axes.map((axis, w) => (signs[w] as number) * (volume.direction[r * 3 + axis] as number) + 0),
  ) as unknown as Matrix3;
  return {
    ...gridOf(volume),
    size,
    spacing: axes.map((axis) => volume.spacing[axis] as number) as unknown as Vector3,
    origin: voxelToWorld(volume, first as unknown as Vector3),
    direction,
    dtype: volume.dtype,
    data: gather(volume, size, first, strides, step),
  };
}

function gather(
  volume: Volume,
  size: Vector3,
  first: readonly number[],
  strides: readonly number[],
  step: readonly number[],
): Volume['data'] {
  const out = new voxelArrays[volume.dtype](volume.data.length);
  const start = first.reduce((sum, f, axis) => sum + f * (strides[axis] as number), 0);
  const [dx, dy, dz] = step as [number, number, number];
  let to = 0;
  for (let z = 0; z < size[2]; z += 1) {
    for (let y = 0; y < size[1]; y += 1) {
      let from = start + z * dz + y * dy;
      for (let x = 0; x < size[0]; x += 1, from += dx) out[to++] = volume.data[from] as number;
    }
  }
  return out;
}

/** For each world axis the voxel axis nearest to it; each voxel axis is used once. */
function nearestAxes(direction: Matrix3): [number, number, number] {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ] as const;
  const score = (order: readonly number[]) =>
    order.reduce((sum, axis, w) => sum + Math.abs(direction[w * 3 + axis] as number), 0);
  // The identity comes first: on a tie (45 degrees) nothing is permuted.
  const best = orders.reduce((a, b) => (score(b) > score(a) + 1e-9 ? b : a));
  return [...best];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + v * (b[i] as number), 0);
}

function inverse(m: Matrix3): Matrix3 {
  const [a, b, c, d, e, f, g, h, i] = m;
  const [p, q, r] = [e * i - f * h, f * g - d * i, d * h - e * g];
  const det = a * p + b * q + c * r;
  return [
    p / det,
    (c * h - b * i) / det,
    (b * f - c * e) / det,
    q / det,
    (a * i - c * g) / det,
    (c * d - a * f) / det,
    r / det,
    (b * g - a * h) / det,
    (a * e - b * d) / det,
  ];
}
