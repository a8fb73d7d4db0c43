/** Width of the kernel, in units of the noise. */
const kernelWidth = 2;
/** Degrees of freedom of the kernel, Student's: with its long tails the nearest seeds decide, however far they are. */
const freedom = 3;
/** Density beyond all tails, so that no label has none. */
const leastDensity = 1e-30;
/** More seeds of a label are thinned out evenly. */
const mostSeeds = 100;
/** Keeps every voxel tied to the labels, so that the walk has a solution everywhere. */
const leastPrior = 1e-6;

/**
 * The probability of each label from a voxel's values alone, times `strength`: by label and then voxel. The density of a
 * label is that of its seeds under a Student kernel. `images` are in units of their noise.
 */
export function labelPriors(
  images: readonly Float32Array[],
  seeds: { readonly labels: Uint8Array; readonly count: number },
  strength: number,
): Float32Array {
  const voxels = seeds.labels.length;
  const priors = new Float32Array(seeds.count * voxels).fill(leastPrior);
  if (strength === 0) return priors;
  const samples = Array.from({ length: seeds.count }, (_, label) =>
    thinned(seeds.labels, label + 1),
  );
  const densities = new Float64Array(seeds.count);
  for (let voxel = 0; voxel < voxels; voxel += 1) {
    let total = 0;
    for (let label = 0; label < seeds.count; label += 1) {
      const density = leastDensity + kernelDensity(images, voxel, samples[label] as number[]);
      densities[label] = density;
      total += density;
    }
    for (let label = 0; label < seeds.count; label += 1) {
      const share = (densities[label] as number) / total;
      priors[label * voxels + voxel] = Math.max(leastPrior, strength * share);
    }
  }
  return priors;
}

function kernelDensity(
  images: readonly Float32Array[],
  voxel: number,
  samples: readonly number[],
): number {
  let sum = 0;
  for (const sample of samples) {
    let squared = 0;
    for (const image of images) {
      const difference = ((image[voxel] as number) - (image[sample] as number)) / kernelWidth;
      squared += difference * difference;
    }
    sum += (1 + squared / freedom) ** (-(freedom + images.length) / 2);
  }
  return sum / samples.length;
}

function thinned(labels: Uint8Array, label: number): number[] {
  const all: number[] = [];
  labels.forEach((value, voxel) => {
    if (value === label) all.push(voxel);
  });
  const step = Math.ceil(all.length / mostSeeds);
  return all.filter((_, i) => i % step === 0);
}
