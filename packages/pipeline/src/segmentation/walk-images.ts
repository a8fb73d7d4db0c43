import type { Volume } from '../volume/volume.js';
import { labelPriors } from './label-priors.js';
import { type RegionImage, regionImage, type WideRegion } from './region-image.js';
import type { SegmentationSettings } from './segmentation-settings.js';

/** What a random walk goes by; the keys are those of `randomWalker`, but for `likelihoods`. */
export interface WalkImages {
  /** In units of their own noise, by phase. */
  readonly images: readonly Float32Array[];
  readonly spacing: readonly [number, number, number];
  readonly beta: number;
  /** Probability of each label from a voxel's values, by label and then voxel. */
  readonly likelihoods: Float32Array;
}

/** A difference between slices counts as one in plane that is this many times smaller, against the noise of each. */
const acrossSlices = 1.5;

/**
 * Brings phases to one scale, that of their noise: weights from lightly filtered images, where edges are sharp, priors
 * from more filtered ones, where values are sure. `seeds` are those of the region.
 */
export function walkImages(
  phases: readonly Volume[],
  where: WideRegion,
  seeds: { readonly labels: Uint8Array; readonly count: number },
  settings: SegmentationSettings,
  modality: 'CT' | 'MR',
): WalkImages {
  const filtered = (sigma: number) =>
    phases.map((phase) => regionImage(phase, where, sigma, modality));
  const sharp = filtered(settings.smoothing);
  const images = sharp.map(({ values, noise }) => scaled(values, noise.inPlane));
  const smooth = filtered(settings.priorSmoothing).map(({ values, noise }) =>
    scaled(values, noise.betweenSlices > 0 ? noise.betweenSlices : noise.inPlane),
  );
  return {
    images,
    spacing: [1, 1, sliceDistance(sharp)],
    // `randomWalker` divides by these again.
    beta: settings.beta * 10 * deviation(images) * Math.sqrt(images.length),
    likelihoods: labelPriors(smooth, seeds, where.region.size, settings.expected),
  };
}

function scaled(values: Float32Array, unit: number): Float32Array {
  return unit > 0 ? values.map((v) => v / unit) : values;
}

/** Slices differ by more noise than filtered pixels do; their differences are put on the same scale. */
function sliceDistance(images: readonly RegionImage[]): number {
  const ratios = images
    .map(({ noise }) => noise.betweenSlices / noise.inPlane)
    .filter((ratio) => ratio > 0 && Number.isFinite(ratio))
    .sort((a, b) => a - b);
  return acrossSlices * (ratios[ratios.length >> 1] ?? 1);
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
