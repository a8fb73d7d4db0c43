import { reorientToLps } from '../volume/geometry.js';
import { makeVolume, type Volume } from '../volume/volume.js';

/** Spacing that the search for organs works on, mm; finer images are averaged down to about it. */
const inPlane = 1.6;
const between = 5;
/** More slices than this say nothing new. */
const mostSlices = 48;

/**
 * The image in LPS order with whole blocks of voxels averaged: noise falls, a study of several
 * phases stays small in memory, and the search takes well under a second.
 */
export function coarseVolume(volume: Volume): Volume {
  const lps = reorientToLps(volume);
  const [nx, ny, nz] = lps.size;
  const [sx, sy, sz] = lps.spacing;
  const fx = Math.max(1, Math.floor(inPlane / sx + 0.25));
  const fy = Math.max(1, Math.floor(inPlane / sy + 0.25));
  const fz = Math.max(1, Math.floor(between / sz + 0.25), Math.ceil(nz / mostSlices));
  const size = [Math.floor(nx / fx), Math.floor(ny / fy), Math.floor(nz / fz)] as const;
  if (size.some((n) => n === 0)) return lps;
  const data = new Float32Array(size[0] * size[1] * size[2]);
  const count = fx * fy * fz;
  let at = 0;
  for (let z = 0; z < size[2]; z += 1) {
    for (let y = 0; y < size[1]; y += 1) {
      for (let x = 0; x < size[0]; x += 1) {
        let sum = 0;
        for (let k = 0; k < fz; k += 1) {
          for (let j = 0; j < fy; j += 1) {
            const from = ((z * fz + k) * ny + y * fy + j) * nx + x * fx;
            for (let i = 0; i < fx; i += 1) sum += lps.data[from + i] as number;
          }
        }
        data[at++] = sum / count;
      }
    }
  }
  const d = lps.direction;
  const shift = [((fx - 1) / 2) * sx, ((fy - 1) / 2) * sy, ((fz - 1) / 2) * sz] as const;
  const origin = [0, 1, 2].map(
    (r) =>
      (lps.origin[r] as number) +
      shift.reduce((sum, s, c) => sum + s * (d[r * 3 + c] as number), 0),
  ) as [number, number, number];
  return makeVolume({ size, spacing: [sx * fx, sy * fy, sz * fz], origin, direction: d }, data);
}
