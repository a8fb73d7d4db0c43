import { voxelToWorld } from '../volume/geometry.js';
import type { Vector3 } from '../volume/volume.js';
import { addBending } from './bending.js';
import { worldToIndex } from './cubic-spline.js';
import { throughKernel } from './kernel-image.js';
import { localCorrelation } from './local-correlation.js';
import type { MetricImage } from './metric-image.js';
import { type Evaluate, minimise } from './minimise.js';
import { pointMap, type SpatialTransform, type SplineStage } from './spatial-transform.js';
import { splineAtPoints } from './spline-at-points.js';

/** Edge of the windows within which values are compared, mm. */
const windowSize = 15;
/** Weights of the bending energy, nats/mm^2: first the motion as a whole, then what bends. */
const bendingWeights = [0.01, 0.0003] as const;
const search = { iterations: 60, longestStep: 4, leastGain: 1e-4 };

interface Images {
  readonly fixed: MetricImage;
  readonly moving: MetricImage;
  /** On the grid of `fixed`: the part of a voxel that is liver. */
  readonly liver: MetricImage;
}

export interface RefineInput extends Images {
  /** What elastix found; it stays where its last stage is no spline. */
  readonly transform: SpatialTransform;
}

/**
 * Searches the spline of a transform a second time, from zero and by local correlation at the liver's voxels only, and
 * takes the mean of both. They err in different ways: mutual information of the box draws the liver's edge inwards, local
 * correlation is blind where the liver is even (docs/decisions). On one control grid the mean of two splines is the
 * spline of the mean coefficients. Where the liver has nothing to compare, the transform stays as it is.
 */
export function refineInLiver(input: RefineInput): SpatialTransform {
  const { stages } = input.transform;
  const spline = stages.at(-1);
  if (spline?.kind !== 'spline') return input.transform;
  const before = { stages: stages.slice(0, -1) };
  const found = fitSpline(input, before, spline);
  if (found === undefined) return input.transform;
  const coefficients = spline.coefficients.map((v, i) => (v + (found[i] as number)) / 2);
  return { stages: [...before.stages, { ...spline, coefficients }] };
}

/** Coefficients of the spline after `before` under which the liver is most alike, bent little; undefined: see above. */
function fitSpline(input: RefineInput, before: SpatialTransform, control: SplineStage) {
  const unlike = unlikeness(input, before, control);
  let coefficients: Float64Array = new Float64Array(control.coefficients.length);
  // No window within the mask (not a number), or a single value in all of them.
  if (!(unlike(coefficients, coefficients.slice()) < -search.leastGain)) return undefined;
  for (const weight of bendingWeights) {
    const cost: Evaluate = (c, gradient) =>
      unlike(c, gradient) + addBending(c, control.size, weight, gradient);
    coefficients = minimise(cost, coefficients, search);
  }
  return coefficients;
}

/** Minus the likeness, nats, as a function of the coefficients; adds its derivative to `gradient`. */
export function unlikeness(
  images: Images,
  before: SpatialTransform,
  control: SplineStage,
): Evaluate {
  const { fixed, moving } = images;
  const { known, voxels, values, points } = liverPoints(images, before);
  const spline = splineAtPoints(control, points);
  const radius = fixed.spacing.map((s) => Math.max(1, Math.round((windowSize / s - 1) / 2)));
  const compare = localCorrelation(values, known, fixed.size, radius as unknown as Vector3);
  const sample = throughKernel(moving);
  const seen = new Float64Array(4);
  const shifts = new Float64Array(points.length);
  const slopes = new Float64Array(points.length);
  const moved = new Float64Array(fixed.data.length);
  const coordinate = (i: number) => (points[i] as number) + (shifts[i] as number);
  return (coefficients, gradient) => {
    spline.displacements(coefficients, shifts);
    voxels.forEach((voxel, p) => {
      sample(coordinate(3 * p), coordinate(3 * p + 1), coordinate(3 * p + 2), seen);
      moved[voxel] = seen[0] as number;
      for (let axis = 0; axis < 3; axis += 1) slopes[3 * p + axis] = seen[axis + 1] as number;
    });
    const { value, slope } = compare(moved);
    voxels.forEach((voxel, p) => {
      for (let i = 3 * p; i < 3 * p + 3; i += 1) {
        slopes[i] = -(slopes[i] as number) * (slope[voxel] as number);
      }
    });
    spline.addSlopes(slopes, gradient);
    return -value;
  };
}

/** The liver's voxels that `before` takes into the moving image: their numbers, fixed values and points there. */
function liverPoints({ fixed, moving, liver }: Images, before: SpatialTransform) {
  const map = pointMap(before);
  const sample = throughKernel(fixed);
  const toIndex = worldToIndex(moving);
  const [nx, ny] = fixed.size;
  const [point, index, seen] = [new Float64Array(3), new Float64Array(3), new Float64Array(4)];
  const known = new Uint8Array(liver.data.length);
  const values = new Float64Array(liver.data.length);
  const points: number[] = [];
  liver.data.forEach((part, i) => {
    if (part < 0.5) return;
    const at = voxelToWorld(fixed, [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))]);
    map(...at, point);
    toIndex(...(point as unknown as Vector3), index);
    if (!index.every((v, axis) => v >= 0 && v <= (moving.size[axis] as number) - 1)) return;
    sample(...at, seen);
    known[i] = 1;
    values[i] = seen[0] as number;
    points.push(...point);
  });
  const voxels = Int32Array.from(known.keys()).filter((i) => known[i] === 1);
  return { known, voxels, values, points: Float64Array.from(points) };
}
