import { cropRegion, gaussianFilter, type Region } from '@flc-native/imaging';
import type { Volume } from '../volume/volume.js';
import type { SegmentationSettings } from './segmentation-settings.js';

/** Values beyond are cut in CT: bone and air would only widen the scale. HU */
const ctRange = [-150, 350] as const;

/** Images ready to be walked on. */
export interface WalkImages {
  /** In units of their own noise, by phase. */
  readonly images: readonly Float32Array[];
  /** Of the walk: how many times weaker a difference between slices counts. */
  readonly spacing: readonly [number, number, number];
  /** In the normalisation of `randomWalker`. */
  readonly beta: number;
}

/**
 * Brings phases to one scale: cut to the region, filtered in plane, and divided by the median difference between
 * neighbouring pixels, which is noise mostly, whatever the phase's contrast.
 */
export function walkImages(
  phases: readonly Volume[],
  region: Region,
  { beta, smoothing }: SegmentationSettings,
  modality: 'CT' | 'MR',
): WalkImages {
  const images = phases.map((phase) => scaled(phase, region, smoothing, modality));
  return {
    images,
    spacing: [1, 1, 2],
    beta: beta * 10 * deviation(images) * Math.sqrt(images.length),
  };
}

function scaled(
  { data, size, spacing }: Volume,
  region: Region,
  smoothing: number,
  modality: 'CT' | 'MR',
): Float32Array {
  const [lower, upper] = modality === 'CT' ? ctRange : [-Infinity, Infinity];
  const values = Float32Array.from(data, (v) => Math.min(Math.max(v, lower), upper));
  const sigma = [smoothing / spacing[0], smoothing / spacing[1], 0] as const;
  const cropped = cropRegion(gaussianFilter(values, size, sigma), size, region);
  const unit = medianDifference(cropped, region.size);
  return unit > 0 ? cropped.map((v) => v / unit) : cropped;
}

/** Median absolute difference of pixels that lie beside each other in plane. */
function medianDifference(values: Float32Array, [nx, ny, nz]: Region['size']): number {
  const differences = new Float32Array((nx - 1) * ny * nz + nx * (ny - 1) * nz);
  let count = 0;
  values.forEach((v, i) => {
    if (i % nx > 0) differences[count++] = Math.abs(v - (values[i - 1] as number));
    if (Math.floor(i / nx) % ny > 0)
      differences[count++] = Math.abs(v - (values[i - nx] as number));
  });
  return differences.sort()[count >> 1] ?? 0;
}

/** Standard deviation of all values together. */
function deviation(images: readonly Float32Array[]): number {
  let [count, sum, squares] = [0, 0, 0];
  for (const image of images) {
    for (const v of image) {
      sum += v;
      squares += v * v;
    }
    count += image.length;
  }
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}
