import type { Random } from '../random/index.js';
import type { Grid } from '../volume/index.js';

/** Weights of a Gaussian of standard deviation sigma (voxels), cut at 4 sigma, sum 1; index 0 is the centre. */
export function gaussianWeights(sigma: number): Float64Array {
  const radius = Math.max(1, Math.ceil(4 * sigma));
  const weights = Float64Array.from({ length: radius + 1 }, (_, i) =>
    Math.exp((-i * i) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((total, w, i) => total + (i === 0 ? w : 2 * w), 0);
  return weights.map((w) => w / sum);
}

/** Gaussian filter along x and y of every slice; the border value is repeated. */
export function smoothInPlane(
  data: Float32Array,
  nx: number,
  ny: number,
  sigma: number,
): Float32Array {
  const weights = gaussianWeights(sigma);
  const out = new Float32Array(data.length);
  const slice = new Float32Array(nx * ny);
  for (let start = 0; start < data.length; start += nx * ny) {
    for (let y = 0; y < ny; y++) smoothRow(data, start + y * nx, slice, y * nx, nx, weights);
    for (let y = 0; y < ny; y++) {
      for (let j = 1 - weights.length; j < weights.length; j++) {
        const row = Math.max(0, Math.min(ny - 1, y + j)) * nx;
        addScaledRow(out, start + y * nx, slice, row, nx, weights[Math.abs(j)] as number);
      }
    }
  }
  return out;
}

function smoothRow(
  from: Float32Array,
  start: number,
  to: Float32Array,
  at: number,
  n: number,
  weights: Float64Array,
): void {
  const radius = weights.length - 1;
  for (let i = 0; i < n; i++) {
    let sum = (weights[0] as number) * (from[start + i] as number);
    for (let j = 1; j <= radius; j++) {
      const left = from[start + Math.max(0, i - j)] as number;
      const right = from[start + Math.min(n - 1, i + j)] as number;
      sum += (weights[j] as number) * (left + right);
    }
    to[at + i] = sum;
  }
}

function addScaledRow(
  to: Float32Array,
  at: number,
  from: Float32Array,
  start: number,
  n: number,
  factor: number,
): void {
  for (let i = 0; i < n; i++) {
    to[at + i] = (to[at + i] as number) + factor * (from[start + i] as number);
  }
}

/**
 * Noise of a reconstructed slice: white noise smoothed in plane, with the given standard deviation. Its autocorrelation
 * at a distance of d pixels is exp(-d^2 / (4 sigma^2)); slices are independent.
 */
export function correlatedNoise(
  random: Random,
  [nx, ny, nz]: readonly [number, number, number],
  standardDeviation: number,
  sigma: number,
): Float32Array {
  // Drawn with a border, so that the repeated edge does not raise the variance there.
  const weights = gaussianWeights(sigma);
  const pad = weights.length - 1;
  const [px, py] = [nx + 2 * pad, ny + 2 * pad];
  const power = weights.reduce((sum, w, i) => sum + (i === 0 ? 1 : 2) * w * w, 0);
  const scale = standardDeviation / power;
  const white = new Float32Array(px * py);
  const out = new Float32Array(nx * ny * nz);
  for (let z = 0; z < nz; z++) {
    for (let i = 0; i < white.length; i++) white[i] = random.normal();
    const smooth = smoothInPlane(white, px, py, sigma);
    for (let y = 0; y < ny; y++) {
      const from = (y + pad) * px + pad;
      const to = (z * ny + y) * nx;
      for (let x = 0; x < nx; x++) out[to + x] = scale * (smooth[from + x] as number);
    }
  }
  return out;
}

/** Margin and thickness of a fine grid in voxels, against the grid of the image. */
export interface FineGrid {
  readonly grid: Grid;
  /** Fine slices in one image slice. */
  readonly subSlices: number;
  /** Voxels added on each side along x, y and (fine) z. */
  readonly margin: readonly [number, number, number];
}

/** Averages the fine slices of each image slice and cuts off the margin: partial volume along z. */
export function thickSlices(
  data: Float32Array,
  fine: FineGrid,
  [nx, ny, nz]: readonly [number, number, number],
): Float32Array {
  const [mx, my, mz] = fine.margin;
  const [fx, fy] = fine.grid.size;
  const out = new Float32Array(nx * ny * nz);
  for (let z = 0; z < nz; z++) {
    for (let sub = 0; sub < fine.subSlices; sub++) {
      const slice = mz + z * fine.subSlices + sub;
      for (let y = 0; y < ny; y++) {
        const from = (slice * fy + y + my) * fx + mx;
        const to = (z * ny + y) * nx;
        for (let x = 0; x < nx; x++) {
          out[to + x] = (out[to + x] as number) + (data[from + x] as number) / fine.subSlices;
        }
      }
    }
  }
  return out;
}
