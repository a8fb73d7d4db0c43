import type { Size } from '@flc-native/imaging';
import { seedValues } from './seed-image.js';
import { strokePieces } from './stroke-pieces.js';
import { type Density, mixtureDensity, type Tissue } from './tissue-density.js';

/** Widths of the kernels in units of the noise: a lesion varies more than what surrounds it. */
const lesionWidth = 2;
const surroundingsWidth = 1.5;
/** Share of voxels that are partly another label's tissue, and how much of it they hold. */
const mixedShare = 0.3;
const mixedParts = [0.2, 0.4] as const;
/** Density beyond all tails, so that no label has none. */
const leastDensity = 1e-30;

/**
 * The probability of each label from a voxel's values alone, by label and then voxel. Every stroke stands for a tissue; a
 * voxel of a label holds one of its tissues, or one with less than half of another label's. `images` are in units of their
 * noise; `expected` is the probability of the lesion against another label beforehand.
 */
export function labelPriors(
  images: readonly Float32Array[],
  seeds: { readonly labels: Uint8Array; readonly count: number },
  size: Size,
  expected = 0.5,
): Float32Array {
  const voxels = seeds.labels.length;
  const densities = labelDensities(images, seeds, size);
  const weights = densities.map((_, i) => (i + 1 === seedValues.lesion ? expected : 1 - expected));
  const priors = new Float32Array(seeds.count * voxels);
  const found = new Float64Array(seeds.count);
  for (let voxel = 0; voxel < voxels; voxel += 1) {
    let total = 0;
    for (let label = 0; label < seeds.count; label += 1) {
      const density = leastDensity + (densities[label] as Density)(voxel);
      found[label] = (weights[label] as number) * density;
      total += found[label] as number;
    }
    for (let label = 0; label < seeds.count; label += 1) {
      priors[label * voxels + voxel] = (found[label] as number) / total;
    }
  }
  return priors;
}

function labelDensities(
  images: readonly Float32Array[],
  seeds: { readonly labels: Uint8Array; readonly count: number },
  size: Size,
): Density[] {
  const meansOf = (label: number) =>
    strokePieces(seeds.labels, size, label).map((voxels) =>
      images.map(
        (image) => voxels.reduce((sum, i) => sum + (image[i] as number), 0) / voxels.length,
      ),
    );
  const strokes = Array.from({ length: seeds.count }, (_, i) => meansOf(i + 1));
  return strokes.map((own, i) => {
    const others = strokes.filter((_, k) => k !== i).flat();
    const width = i + 1 === seedValues.lesion ? lesionWidth : surroundingsWidth;
    return mixtureDensity(images, [...pure(own, width), ...mixed(own, others, width)]);
  });
}

function pure(own: readonly number[][], width: number): Tissue[] {
  return own.map((values) => ({ values, width, share: (1 - mixedShare) / own.length }));
}

/** Partial volume: what belongs to a label though it holds some of another. */
function mixed(own: readonly number[][], others: readonly number[][], width: number): Tissue[] {
  const share = mixedShare / (own.length * others.length * mixedParts.length);
  return own.flatMap((values) =>
    others.flatMap((other) =>
      mixedParts.map((part) => ({
        values: values.map((v, p) => v + part * ((other[p] as number) - v)),
        ...{ width, share },
      })),
    ),
  );
}
