/** Degrees of freedom of the kernels, Student's: their long tails leave open what is like nothing that was marked. */
const freedom = 3;

/** The values of one tissue in all phases, how far they scatter, and its share of a label. */
export interface Tissue {
  readonly values: readonly number[];
  readonly width: number;
  readonly share: number;
}

/** A function of a voxel, up to a factor that is the same for all tissues. */
export type Density = (voxel: number) => number;

/** Density of a mixture of tissues, each a Student kernel as wide in every image. */
export function mixtureDensity(
  images: readonly Float32Array[],
  tissues: readonly Tissue[],
): Density {
  const phases = images.length;
  const values = Float64Array.from(tissues.flatMap((tissue) => tissue.values));
  const heights = Float64Array.from(tissues, ({ width, share }) => share * width ** -phases);
  const scales = Float64Array.from(tissues, ({ width }) => 1 / (freedom * width * width));
  const power = (freedom + phases) / 2;
  return (voxel) => {
    let sum = 0;
    for (let t = 0; t < heights.length; t += 1) {
      let squared = 0;
      for (let p = 0; p < phases; p += 1) {
        const d =
          ((images[p] as Float32Array)[voxel] as number) - (values[t * phases + p] as number);
        squared += d * d;
      }
      sum += (heights[t] as number) / raised(1 + squared * (scales[t] as number), power);
    }
    return sum;
  };
}

/** base ** exponent for a multiple of a half, several times faster. */
function raised(base: number, exponent: number): number {
  let product = Number.isInteger(exponent) ? 1 : Math.sqrt(base);
  for (let k = 1; k <= exponent; k += 1) product *= base;
  return product;
}
