import { voxelToWorld } from '../volume/geometry.js';
import type { Grid, Vector3, Volume } from '../volume/volume.js';
import type { VoxelBox } from './region.js';

/** Fewer pixels along an axis are not averaged away. */
const fewestPixels = 16;

/** What is compared of a phase: cut to a region, clamped, averaged in plane. */
export interface MetricImage extends Grid {
  readonly data: Float32Array;
}

/**
 * Cuts a box out of a volume, limits its values to `clamp` and averages blocks of pixels in plane as long as the
 * result's pixels are at most `spacing` mm: less noise, less memory, and no finer detail is needed to find the motion.
 */
export function metricImage(
  volume: Volume,
  { low, high }: VoxelBox,
  clamp: readonly [number, number] | null,
  spacing: number,
): MetricImage {
  const block = [0, 1].map((axis) => {
    const wanted = Math.floor(spacing / (volume.spacing[axis] as number) + 1e-6);
    const extent = (high[axis] as number) - (low[axis] as number);
    return Math.max(1, Math.min(wanted, Math.floor(extent / fewestPixels)));
  }) as [number, number];
  const [bx, by] = block;
  const size: Vector3 = [
    Math.floor((high[0] - low[0]) / bx),
    Math.floor((high[1] - low[1]) / by),
    high[2] - low[2],
  ];
  const [lower, upper] = clamp ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const [nx, ny] = volume.size;
  const data = new Float32Array(size[0] * size[1] * size[2]);
  let to = 0;
  for (let z = 0; z < size[2]; z += 1) {
    for (let y = 0; y < size[1]; y += 1) {
      for (let x = 0; x < size[0]; x += 1) {
        const start = ((low[2] + z) * ny + low[1] + y * by) * nx + low[0] + x * bx;
        let sum = 0;
        for (let j = 0; j < by; j += 1) {
          for (let i = 0; i < bx; i += 1) {
            const value = volume.data[start + j * nx + i] as number;
            sum += Math.min(Math.max(value, lower), upper);
          }
        }
        data[to++] = sum / (bx * by);
      }
    }
  }
  return {
    size,
    spacing: [volume.spacing[0] * bx, volume.spacing[1] * by, volume.spacing[2]],
    origin: voxelToWorld(volume, [low[0] + (bx - 1) / 2, low[1] + (by - 1) / 2, low[2]]),
    direction: volume.direction,
    data,
  };
}

/** Lowest and highest value. */
export function valueRange({ data }: MetricImage): [number, number] {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return [lowest, highest];
}
