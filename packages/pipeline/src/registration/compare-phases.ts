import { voxelToWorld } from '../volume/geometry.js';
import type { Volume } from '../volume/volume.js';
import { sampler } from './apply-transform.js';
import { worldToIndex } from './cubic-spline.js';
import { type Similarity, similarity } from './mutual-information.js';
import type { VoxelBox } from './region.js';
import { pointMap, type SpatialTransform } from './spatial-transform.js';

/** Most points that are compared. */
const maxPoints = 400_000;

export interface BeforeAfter<T> {
  readonly before: T;
  readonly after: T;
}

/**
 * How alike two phases are within a region before and after the transform, at the same points for both. Points lie
 * between voxels, at their corners: on the voxels themselves the unmoved image would keep its noise and every moved one
 * lose a part of it to interpolation, which alone makes images more alike.
 */
export function comparePhases(
  fixed: Volume,
  moving: Volume,
  transform: SpatialTransform,
  { low, high }: VoxelBox,
  clamp: readonly [number, number] | null,
): { similarity: BeforeAfter<Similarity>; points: number } {
  const values = [[], [], []] as [number[], number[], number[]];
  const sampleFixed = sampler(fixed, 'linear');
  const sampleMoving = sampler(moving, 'linear');
  const toIndex = worldToIndex(moving);
  const map = pointMap(transform);
  const point = new Float64Array(3);
  const movingAt = (x: number, y: number, z: number) => {
    toIndex(x, y, z, point);
    return sampleMoving(point[0] as number, point[1] as number, point[2] as number);
  };
  const step = inPlaneStep({ low, high });
  for (let z = low[2]; z < high[2] - 1; z += 1) {
    for (let y = low[1]; y < high[1] - 1; y += step) {
      for (let x = low[0]; x < high[0] - 1; x += step) {
        const index = [x + 0.5, y + 0.5, z + 0.5] as const;
        const world = voxelToWorld(fixed, index);
        const before = movingAt(...world);
        map(...world, point);
        const after = movingAt(point[0] as number, point[1] as number, point[2] as number);
        if (Number.isNaN(before) || Number.isNaN(after)) continue;
        values[0].push(sampleFixed(...index));
        values[1].push(before);
        values[2].push(after);
      }
    }
  }
  const [f, b, a] = values.map((list) => Float32Array.from(list)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const rangeFixed = clamp ?? rangeOf([f]);
  const rangeMoving = clamp ?? rangeOf([b, a]);
  return {
    similarity: {
      before: similarity(f, b, rangeFixed, rangeMoving),
      after: similarity(f, a, rangeFixed, rangeMoving),
    },
    points: f.length,
  };
}

function inPlaneStep({ low, high }: VoxelBox): number {
  const points = low.reduce((product, v, i) => product * Math.max(1, (high[i] as number) - v), 1);
  return Math.max(1, Math.ceil(Math.sqrt(points / maxPoints)));
}

function rangeOf(lists: readonly Float32Array[]): [number, number] {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of lists) {
    for (const value of list) {
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
    }
  }
  return [lowest, highest];
}

/** 2 |a and b| / (|a| + |b|) of the voxels with this label (undefined: any but 0); undefined if both are empty. */
export function dice(a: Volume, b: Volume, label: number | undefined): number | undefined {
  const inside = (value: number) => (label === undefined ? value !== 0 : value === label);
  let [both, sum] = [0, 0];
  for (let i = 0; i < a.data.length; i += 1) {
    const inA = inside(a.data[i] as number);
    const inB = inside(b.data[i] as number);
    if (inA) sum += 1;
    if (inB) sum += 1;
    if (inA && inB) both += 1;
  }
  return sum === 0 ? undefined : (2 * both) / sum;
}
