import { cropRegion, gaussianFilter, type Region } from '@flc-native/imaging';
import type { Volume } from '../volume/volume.js';

/** Values beyond are cut in CT: fat, air and bone would only spread into what is filtered. HU */
const ctRange = [-50, 300] as const;
/** Median of the absolute difference of two normal numbers of standard deviation 1. */
const medianDifference = 0.954;

/** A part of an image, filtered. */
export interface RegionImage {
  readonly values: Float32Array;
  /** Standard deviation of the noise that differences of neighbours show: in plane, and between slices. */
  readonly noise: { readonly inPlane: number; readonly betweenSlices: number };
}

/**
 * Cuts a phase to a region and filters it in plane by a Gaussian of `sigma` mm. Only voxels of the domain count, so that
 * what lies outside does not spread into it; outside the result is 0.
 */
export function regionImage(
  { data, size, spacing }: Volume,
  region: Region,
  domain: Uint8Array,
  sigma: number,
  modality: 'CT' | 'MR',
): RegionImage {
  const [lower, upper] = modality === 'CT' ? ctRange : [-Infinity, Infinity];
  const inDomain = Float32Array.from(domain);
  const values = Float32Array.from(cropRegion(Float32Array.from(data), size, region), (v, i) =>
    domain[i] === 0 ? 0 : Math.min(Math.max(v, lower), upper),
  );
  const voxels = [sigma / spacing[0], sigma / spacing[1], 0] as const;
  const weight = gaussianFilter(inDomain, region.size, voxels);
  const sum = gaussianFilter(values, region.size, voxels);
  const filtered = sum.map((v, i) => (domain[i] === 0 ? 0 : v / (weight[i] as number)));
  const along = (axis: 0 | 1 | 2) => differences(filtered, domain, region.size, axis);
  return {
    values: filtered,
    noise: {
      inPlane: (median(along(0)) + median(along(1))) / 2 / medianDifference,
      betweenSlices: median(along(2)) / medianDifference,
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

function median(values: Float32Array): number {
  return values.sort()[values.length >> 1] ?? 0;
}
