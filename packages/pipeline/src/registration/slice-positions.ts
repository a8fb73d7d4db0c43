import { voxelToWorld } from '../volume/geometry.js';
import type { Grid } from '../volume/volume.js';
import { pointMap, type SpatialTransform } from './spatial-transform.js';

/**
 * Displacements are computed at nodes this far apart in plane and interpolated between them, mm. A spline with control
 * points 30 mm apart bends so little that the difference stays below a hundredth of a millimetre.
 */
const nodeDistance = 2;

/**
 * For each slice of a grid where its voxels lie in another image: [x, y, z] of voxel after voxel in the units of
 * `toIndex`. The array is reused by the next slice.
 */
export function slicePositions(
  transform: SpatialTransform,
  grid: Grid,
  toIndex: (x: number, y: number, z: number, out: Float64Array) => void,
): (slice: number) => Float64Array {
  const [nx, ny] = grid.size;
  const [stepX, stepY] = [0, 1].map((axis) =>
    Math.max(1, Math.floor(nodeDistance / (grid.spacing[axis] as number))),
  ) as [number, number];
  const columns = Math.ceil((nx - 1) / stepX) + 1;
  const rows = Math.ceil((ny - 1) / stepY) + 1;
  const nodes = new Float64Array(3 * columns * rows);
  const out = new Float64Array(3 * nx * ny);
  const map = pointMap(transform);
  const point = new Float64Array(3);
  const fillNodes = (slice: number) => {
    for (let r = 0, at = 0; r < rows; r += 1) {
      for (let c = 0; c < columns; c += 1, at += 3) {
        map(...voxelToWorld(grid, [c * stepX, r * stepY, slice]), point);
        toIndex(point[0] as number, point[1] as number, point[2] as number, point);
        nodes.set(point, at);
      }
    }
  };
  return (slice) => {
    fillNodes(slice);
    for (let y = 0, at = 0; y < ny; y += 1) {
      const r = Math.min(Math.floor(y / stepY), Math.max(rows - 2, 0));
      const fy = y / stepY - r;
      const below = rows > 1 ? 3 * columns : 0;
      for (let x = 0; x < nx; x += 1) {
        const c = Math.min(Math.floor(x / stepX), Math.max(columns - 2, 0));
        const fx = x / stepX - c;
        const right = columns > 1 ? 3 : 0;
        const start = 3 * (r * columns + c);
        for (let axis = 0; axis < 3; axis += 1, at += 1) {
          const i = start + axis;
          const a = nodes[i] as number;
          const b = nodes[i + right] as number;
          const top = a + fx * (b - a);
          const p = nodes[i + below] as number;
          const q = nodes[i + below + right] as number;
          out[at] = top + fy * (p + fx * (q - p) - top);
        }
      }
    }
    return out;
  };
}
