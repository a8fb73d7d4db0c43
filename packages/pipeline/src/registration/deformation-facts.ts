import { voxelToWorld } from '../volume/geometry.js';
import type { Vector3, Volume } from '../volume/volume.js';
import type { VoxelBox } from './region.js';
import { type PointMap, pointMap, type SpatialTransform } from './spatial-transform.js';

/** Most points at which the deformation is looked at. */
const maxPoints = 60_000;
/** Half the distance of the points of a difference quotient, mm. */
const halfStep = 0.5;

/** What a transform does within the liver. */
export interface DeformationFacts {
  /** Determinant of the Jacobian: 1 keeps volumes, 0.5 halves them, 0 or less folds tissue over itself. */
  readonly jacobian: {
    readonly min: number;
    /** The volume in the moving image by the volume in the fixed one. */
    readonly mean: number;
    readonly p01: number;
    readonly p99: number;
    readonly max: number;
    /** Points where it is 0 or less. */
    readonly folded: number;
  };
  /** Length of the displacement, mm. */
  readonly displacement: { readonly mean: number; readonly p95: number; readonly max: number };
  readonly points: number;
}

/** Looks at a transform at the voxels of a mask (without one: of the whole region). */
export function deformationFacts(
  transform: SpatialTransform,
  fixed: Volume,
  { low, high }: VoxelBox,
  mask: Volume | undefined,
): DeformationFacts {
  const voxels = maskedVoxels(fixed, { low, high }, mask);
  const stride = Math.max(1, Math.ceil(voxels.length / maxPoints));
  const map = pointMap(transform);
  const determinants: number[] = [];
  const lengths: number[] = [];
  const [nx, ny] = fixed.size;
  const out = new Float64Array(3);
  for (let i = 0; i < voxels.length; i += stride) {
    const v = voxels[i] as number;
    const index = [v % nx, Math.floor(v / nx) % ny, Math.floor(v / (nx * ny))] as const;
    const point = voxelToWorld(fixed, index);
    map(...point, out);
    lengths.push(Math.hypot(...point.map((p, axis) => (out[axis] as number) - p)));
    determinants.push(jacobianDeterminant(map, point));
  }
  const sorted = Float64Array.from(determinants).sort();
  const sortedLengths = Float64Array.from(lengths).sort();
  return {
    jacobian: {
      min: quantile(sorted, 0),
      mean: mean(determinants),
      p01: quantile(sorted, 0.01),
      p99: quantile(sorted, 0.99),
      max: quantile(sorted, 1),
      folded: sorted.reduce((count, value) => count + (value <= 0 ? 1 : 0), 0),
    },
    displacement: {
      mean: mean(lengths),
      p95: quantile(sortedLengths, 0.95),
      max: quantile(sortedLengths, 1),
    },
    points: lengths.length,
  };
}

/** Determinant of the derivative at a point (LPS, mm), by central differences. */
export function jacobianDeterminant(map: PointMap, [x, y, z]: Vector3): number {
  const forward = new Float64Array(3);
  const back = new Float64Array(3);
  const column = (dx: number, dy: number, dz: number): Vector3 => {
    map(x + dx, y + dy, z + dz, forward);
    map(x - dx, y - dy, z - dz, back);
    return [0, 1, 2].map(
      (i) => ((forward[i] as number) - (back[i] as number)) / (2 * halfStep),
    ) as unknown as Vector3;
  };
  const [a, b, c] = [column(halfStep, 0, 0), column(0, halfStep, 0), column(0, 0, halfStep)];
  return (
    a[0] * (b[1] * c[2] - b[2] * c[1]) -
    b[0] * (a[1] * c[2] - a[2] * c[1]) +
    c[0] * (a[1] * b[2] - a[2] * b[1])
  );
}

function maskedVoxels(fixed: Volume, { low, high }: VoxelBox, mask: Volume | undefined): number[] {
  const [nx, ny] = fixed.size;
  const found: number[] = [];
  for (let z = low[2]; z < high[2]; z += 1) {
    for (let y = low[1]; y < high[1]; y += 1) {
      for (let x = low[0]; x < high[0]; x += 1) {
        const at = (z * ny + y) * nx + x;
        if (mask === undefined || mask.data[at] !== 0) found.push(at);
      }
    }
  }
  return found;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}
