import { connectedComponents } from '@flc-native/imaging';
import { median } from '../collections/median.js';
import { type Volume, voxelCount } from '../volume/volume.js';
import { findSpine } from './find-spine.js';

/** Half width of the box in which the image must be even, mm. */
const halfBox = 7;
/** Liver parenchyma in any phase, fatty or full of contrast, HU. */
const parenchyma = [15, 190] as const;
/** Standard deviation allowed in a box, HU: noise and small vessels, no border. */
const mostDeviation = 22;
/** The inner part of a liver is larger than this, mm3. */
const leastVolume = 40_000;

/**
 * Median HU of the liver in a coarse volume (LPS order): the largest even region on the right side,
 * in front of the spine. Undefined where there is none of sensible size.
 */
export function findLiverHu(volume: Volume): { hu: number; cubicMm: number } | undefined {
  const spine = findSpine(volume);
  if (spine === undefined) return undefined;
  const [nx, ny, nz] = volume.size;
  const [sx, sy, sz] = volume.spacing;
  const rightOf = Math.floor(spine.x - 40 / sx);
  const frontOf = Math.floor(spine.y);
  const even = new Uint8Array(voxelCount(volume.size));
  const [rx, ry] = [Math.max(1, Math.round(halfBox / sx)), Math.max(1, Math.round(halfBox / sy))];
  for (let z = 0; z < nz; z += 1) {
    const { sum, squares } = integrals(volume, z);
    for (let y = ry; y < Math.min(ny - ry, frontOf); y += 1) {
      for (let x = rx; x < Math.min(nx - rx, rightOf); x += 1) {
        const count = (2 * rx + 1) * (2 * ry + 1);
        const mean = boxSum(sum, nx, x, y, rx, ry) / count;
        if (mean < parenchyma[0] || mean > parenchyma[1]) continue;
        const variance = boxSum(squares, nx, x, y, rx, ry) / count - mean * mean;
        if (variance < mostDeviation ** 2) even[(z * ny + y) * nx + x] = 1;
      }
    }
  }
  const { labels, count } = connectedComponents(even, volume.size, 6);
  const sizes = new Uint32Array(count + 1);
  for (const label of labels) sizes[label] = (sizes[label] as number) + 1;
  sizes[0] = 0;
  const largest = sizes.indexOf(Math.max(...sizes));
  const cubicMm = (sizes[largest] as number) * sx * sy * sz;
  if (largest === 0 || cubicMm < leastVolume) return undefined;
  const values: number[] = [];
  labels.forEach((label, i) => {
    if (label === largest) values.push(volume.data[i] as number);
  });
  return { hu: median(values), cubicMm };
}

/** Integral images of a slice: values and squares, one row and column more than the slice. */
function integrals(volume: Volume, z: number): { sum: Float64Array; squares: Float64Array } {
  const [nx, ny] = volume.size;
  const sum = new Float64Array((nx + 1) * (ny + 1));
  const squares = new Float64Array((nx + 1) * (ny + 1));
  for (let y = 0; y < ny; y += 1) {
    let [row, rowSquares] = [0, 0];
    for (let x = 0; x < nx; x += 1) {
      const v = volume.data[(z * ny + y) * nx + x] as number;
      row += v;
      rowSquares += v * v;
      const at = (y + 1) * (nx + 1) + x + 1;
      sum[at] = (sum[at - nx - 1] as number) + row;
      squares[at] = (squares[at - nx - 1] as number) + rowSquares;
    }
  }
  return { sum, squares };
}

function boxSum(table: Float64Array, nx: number, x: number, y: number, rx: number, ry: number) {
  const stride = nx + 1;
  const [x0, x1, y0, y1] = [x - rx, x + rx + 1, y - ry, y + ry + 1];
  return (
    (table[y1 * stride + x1] as number) -
    (table[y0 * stride + x1] as number) -
    (table[y1 * stride + x0] as number) +
    (table[y0 * stride + x0] as number)
  );
}
