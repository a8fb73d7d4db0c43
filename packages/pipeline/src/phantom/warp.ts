import type { Grid } from '../volume/index.js';
import { type Deformation, displacementRow } from './deformation.js';
import { type Box, forEachRow } from './paint.js';

/**
 * The anatomy of another breath-hold: out(p) = in(p + u(p)), linear interpolation, border values repeated. Input and
 * output are on the same axial grid; outside of `box` the output is 0.
 */
export function warp(
  data: Float32Array,
  grid: Grid,
  deformation: Deformation,
  box: Box = [[0, 0, 0], grid.size],
): Float32Array {
  const [nx, ny, nz] = grid.size;
  const [sx, sy, sz] = grid.spacing;
  const out = new Float32Array(data.length);
  const n = box[1][0] - box[0][0];
  const ux = new Float64Array(n);
  const uy = new Float64Array(n);
  const uz = new Float64Array(n);
  forEachRow(grid, box, (offset, x0, y, z) => {
    displacementRow([ux, uy, uz], deformation, x0, sx, n, y, z);
    const x = offset % nx;
    const row = (y - grid.origin[1]) / sy;
    const slice = (z - grid.origin[2]) / sz;
    for (let i = 0; i < n; i++) {
      const px = clamp(x + i + (ux[i] as number) / sx, nx - 1);
      const py = clamp(row + (uy[i] as number) / sy, ny - 1);
      const pz = clamp(slice + (uz[i] as number) / sz, nz - 1);
      out[offset + i] = interpolate(data, nx, ny, nz, px, py, pz);
    }
  });
  return out;
}

function clamp(value: number, upper: number): number {
  return Math.max(0, Math.min(upper, value));
}

function interpolate(
  data: Float32Array,
  nx: number,
  ny: number,
  nz: number,
  px: number,
  py: number,
  pz: number,
): number {
  const x = Math.floor(px);
  const y = Math.floor(py);
  const z = Math.floor(pz);
  const fx = px - x;
  const fy = py - y;
  const stepX = x + 1 < nx ? 1 : 0;
  const stepY = y + 1 < ny ? nx : 0;
  const stepZ = z + 1 < nz ? nx * ny : 0;
  const at = (z * ny + y) * nx + x;
  const a = lerp(data, at, stepX, fx);
  const b = lerp(data, at + stepY, stepX, fx);
  const c = lerp(data, at + stepZ, stepX, fx);
  const d = lerp(data, at + stepY + stepZ, stepX, fx);
  const front = a + fy * (b - a);
  return front + (pz - z) * (c + fy * (d - c) - front);
}

function lerp(data: Float32Array, at: number, step: number, share: number): number {
  const value = data[at] as number;
  return value + share * ((data[at + step] as number) - value);
}
