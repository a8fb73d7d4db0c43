// Strokes as a person draws them, made from the true mask: five voxels in a line, well inside of what they mark. Each
// stroke after the first lies where the tissue looks least like what is marked already.
import { gaussianFilter } from '@flc-native/imaging';

export const strokesPerLabel = 3;
const directions = [
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
];
/** Pixels that a stroke keeps from the border of what it marks, where there is room. */
const clearance = 4;
/** Pixels round the lesion in which surroundings are marked. */
const reach = 10;

/**
 * A seed image (1 lesion, 2 surroundings) with at most three strokes of five voxels for each. The lesion is marked in its
 * largest slice and half way to both ends, the liver round it in that slice and in those below and above the lesion.
 *
 * @param {{ size: number[], spacing: number[] }} grid
 * @param {readonly Int16Array[]} images phases that the person looks at
 * @param {Uint8Array} mask
 * @param {Uint8Array} liver
 */
export function drawStrokes({ size, spacing }, images, mask, liver) {
  const [nx, ny, nz] = size;
  const plane = nx * ny;
  const looks = images.map((image) => visible(image, liver, size, spacing));
  const seeds = new Uint8Array(mask.length);
  const areas = Array.from({ length: nz }, (_, z) => count(slice(mask, z)));
  const slices = [...areas.keys()].filter((z) => areas[z] > 0);
  const [low, high] = [slices[0], slices.at(-1)];
  const largest = slices.reduce((best, z) => (areas[z] > areas[best] ? z : best), low);

  function slice(volume, z) {
    return volume.subarray(z * plane, (z + 1) * plane);
  }

  const marked = [];
  for (const z of [largest, Math.floor((low + largest) / 2), Math.ceil((high + largest) / 2)]) {
    mark(1, z, depths(slice(mask, z), nx, ny), marked);
  }
  const around = [];
  for (const z of [largest, Math.max(0, low - 1), Math.min(nz - 1, high + 1)]) {
    const nearest = Math.min(Math.max(z, low), high);
    const outside = slice(mask, nearest).map((v) => 1 - v);
    const distance = depths(outside, nx, ny);
    const free = slice(mask, z).map((v, i) => (v === 0 && slice(liver, z)[i] !== 0 ? 1 : 0));
    const depth = depths(free, nx, ny);
    const beside = z === nearest;
    depth.forEach((_, i) => {
      if (distance[i] > reach || (beside && distance[i] < clearance)) depth[i] = 0;
    });
    mark(2, z, depth, around);
  }
  return seeds;

  function mark(label, z, depth, before) {
    const lines = fiveVoxelLines(depth, nx, ny);
    const most = lines.reduce((best, { clear }) => Math.max(best, clear), 0);
    const clear = lines.filter((line) => line.clear >= Math.min(clearance, 0.75 * most));
    const score = (line) => (before.length === 0 ? line.clear : unlikeness(line.pixels, z, before));
    const best = clear.reduce(
      (a, b) => (a === undefined || score(b) > score(a) ? b : a),
      undefined,
    );
    // A lesion that is smaller than a stroke is marked by its middle.
    const pixels = best?.pixels ?? (label === 1 && before.length === 0 ? [deepest(depth)] : []);
    for (const pixel of pixels) {
      seeds[z * plane + pixel] = label;
      before.push(z * plane + pixel);
    }
  }

  /** Mean distance in HU to the most similar voxel that is marked. */
  function unlikeness(pixels, z, before) {
    const distances = pixels.map((pixel) =>
      Math.min(
        ...before.map((other) =>
          Math.hypot(...looks.map((look) => look[z * plane + pixel] - look[other])),
        ),
      ),
    );
    return distances.reduce((sum, v) => sum + v, 0) / distances.length;
  }
}

/** What the eye makes of a noisy image: a mean over 1.5 mm within the liver. */
function visible(image, liver, size, spacing) {
  const sigma = [1.5 / spacing[0], 1.5 / spacing[1], 0];
  const inside = Float32Array.from(liver);
  const values = Float32Array.from(image, (v, i) => inside[i] * Math.min(Math.max(v, -50), 300));
  const weight = gaussianFilter(inside, size, sigma);
  return gaussianFilter(values, size, sigma).map((v, i) => (inside[i] === 0 ? 0 : v / weight[i]));
}

/** Lines of five pixels where depth is above 0, with the least depth on them. */
function fiveVoxelLines(depth, nx, ny) {
  const lines = [];
  for (let y = 3; y < ny - 3; y += 1) {
    for (let x = 3; x < nx - 3; x += 1) {
      if (depth[y * nx + x] <= 0) continue;
      for (const [dx, dy] of directions) {
        const pixels = [-2, -1, 0, 1, 2].map((k) => (y + k * dy) * nx + x + k * dx);
        const clear = Math.min(...pixels.map((pixel) => depth[pixel]));
        if (clear > 0) lines.push({ pixels, clear });
      }
    }
  }
  return lines;
}

/** Distance in pixels to the nearest 0 of a plane (two passes; diagonals count Math.SQRT2). */
function depths(plane, nx, ny) {
  const depth = Float32Array.from(plane, (v) => (v === 0 ? 0 : 1e9));
  const at = (x, y) => (x < 0 || y < 0 || x >= nx || y >= ny ? 1e9 : depth[y * nx + x]);
  const relax = (x, y, step) => {
    const i = y * nx + x;
    depth[i] = Math.min(
      depth[i],
      at(x - step, y) + 1,
      at(x, y - step) + 1,
      at(x - step, y - step) + Math.SQRT2,
      at(x + step, y - step) + Math.SQRT2,
    );
  };
  for (let y = 0; y < ny; y += 1) for (let x = 0; x < nx; x += 1) relax(x, y, 1);
  for (let y = ny - 1; y >= 0; y -= 1) for (let x = nx - 1; x >= 0; x -= 1) relax(x, y, -1);
  return depth;
}

function deepest(depth) {
  return depth.reduce((best, v, i) => (v > depth[best] ? i : best), 0);
}

function count(plane) {
  return plane.reduce((sum, v) => sum + v, 0);
}
