import { cropRegion, gaussianFilter, type Region } from '@flc-native/imaging';
import type { Grid, Volume } from '../volume/volume.js';

/** Values beyond are cut in CT: fat, air and bone would only spread into what is filtered. HU */
const ctRange = [-50, 300] as const;
/** Noise is estimated from this much more than the region, mm and slices: lesions and vessels then are the lesser part. */
const surround = 25;
const surroundSlices = 2;
/**
 * Quantiles of the absolute differences that stand for the noise, each with its value for two normal numbers of standard
 * deviation 1. Between slices a low one: there, edges are many.
 */
const inPlaneQuantile = [0.5, 0.954] as const;
const betweenQuantile = [0.3, 0.545] as const;

/** A part of an image, filtered. */
export interface RegionImage {
  readonly values: Float32Array;
  /** Standard deviation of the noise that differences of neighbours show: in plane, and between slices. */
  readonly noise: { readonly inPlane: number; readonly betweenSlices: number };
}

/** A region with what lies round it. */
export interface WideRegion {
  readonly wide: Region;
  readonly region: Region;
  /** 1 where a voxel of `wide` takes part. */
  readonly domain: Uint8Array;
}

/** The box in which noise is estimated. */
export function wideRegion({ offset, size }: Region, grid: Grid): Region {
  const more = grid.spacing.map((step, axis) =>
    axis === 2 ? surroundSlices : Math.ceil(surround / step),
  );
  const from = offset.map((v, axis) => Math.max(0, v - (more[axis] as number)));
  const to = offset.map((v, axis) =>
    Math.min(grid.size[axis] as number, v + (size[axis] as number) + (more[axis] as number)),
  );
  return {
    offset: from as unknown as Region['offset'],
    size: to.map((v, axis) => v - (from[axis] as number)) as unknown as Region['size'],
  };
}

/** Cuts the region out of values of `wide`. */
export function cropWide<T extends Uint8Array | Float32Array>(
  values: T,
  { wide, region }: Pick<WideRegion, 'wide' | 'region'>,
): T {
  const offset = region.offset.map((v, axis) => v - (wide.offset[axis] as number));
  return cropRegion(values, wide.size, {
    offset: offset as unknown as Region['offset'],
    size: region.size,
  });
}

/**
 * Filters a phase in plane by a Gaussian of `sigma` mm and cuts it to a region. Only voxels of the domain count, so that
 * what lies outside does not spread into it; outside the result is 0.
 */
export function regionImage(
  { data, size, spacing }: Volume,
  where: WideRegion,
  sigma: number,
  modality: 'CT' | 'MR',
): RegionImage {
  const { wide, domain } = where;
  const [lower, upper] = modality === 'CT' ? ctRange : [-Infinity, Infinity];
  const given = cropRegion(Float32Array.from(data), size, wide);
  const values = given.map((v, i) => (domain[i] === 0 ? 0 : Math.min(Math.max(v, lower), upper)));
  const voxels = [sigma / spacing[0], sigma / spacing[1], 0] as const;
  const weight = gaussianFilter(Float32Array.from(domain), wide.size, voxels);
  const sum = gaussianFilter(values, wide.size, voxels);
  const filtered = sum.map((v, i) => (domain[i] === 0 ? 0 : v / (weight[i] as number)));
  // What was cut shows no noise.
  const noisy = domain.map((v, i) => {
    const value = given[i] as number;
    return v !== 0 && value > lower && value < upper ? 1 : 0;
  });
  const along = (axis: 0 | 1 | 2) => differences(filtered, noisy, wide.size, axis);
  const inPlane = [0, 1].map((axis) => noiseOf(along(axis as 0 | 1), inPlaneQuantile));
  return {
    values: cropWide(filtered, where),
    noise: {
      inPlane: ((inPlane[0] as number) + (inPlane[1] as number)) / 2,
      betweenSlices: noiseOf(along(2), betweenQuantile),
    },
  };
}

/** Absolute differences of neighbours within the domain. */
function differences(
  values: Float32Array,
  domain: Uint8Array,
  size: Region['size'],
  axis: 0 | 1 | 2,
): Float32Array {
  const stride = [1, size[0], size[0] * size[1]][axis] as number;
  const found = new Float32Array(values.length);
  let count = 0;
  for (let i = 0; i + stride < values.length; i += 1) {
    if (Math.floor(i / stride) % size[axis] === size[axis] - 1) continue;
    if (domain[i] === 0 || domain[i + stride] === 0) continue;
    found[count++] = Math.abs((values[i + stride] as number) - (values[i] as number));
  }
  return found.subarray(0, count);
}

/** Standard deviation of the noise from the share and value of a quantile of absolute differences. */
function noiseOf(values: Float32Array, [share, unit]: readonly [number, number]): number {
  const at = Math.floor(share * (values.length - 1));
  return (values.sort()[at] ?? 0) / unit;
}
