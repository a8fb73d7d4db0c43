// Strokes as a person draws them, made from the true mask: five voxels in a line, well inside of what they mark. Each
// stroke after the first lies where the tissue looks least like what is marked already: visibly different parts are marked.
import { gaussianFilter } from '@flc-native/imaging';

export const strokesPerLabel = 3;
const directions = [
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
];
/** Pixels that a stroke keeps from the border of the lesion and of the liver, where there is room. */
const clearance = { lesion: 2, surroundings: 4 };
/** Pixels round the lesion in which surroundings are marked. */
const reach = 10;
/** Surroundings are marked on different sides: as seen from the lesion, this much of a third of a turn apart. */
const apart = 0.9 * ((2 * Math.PI) / 3);

/**
 * A seed image (1 lesion, 2 surroundings) with at most three strokes of five voxels for each. The lesion is marked in the
 * middle of its largest slice and in two more of its parts, the liver round it in that slice and in those below and above
 * the lesion, each time on another side.
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
  const slice = (volume, z) => volume.subarray(z * plane, (z + 1) * plane);
  const areas = Array.from({ length: nz }, (_, z) => count(slice(mask, z)));
  const slices = [...areas.keys()].filter((z) => areas[z] > 0);
  const [low, high] = [slices[0], slices.at(-1)];
  const largest = slices.reduce((best, z) => (areas[z] > areas[best] ? z : best), low);
  const middle = centroid(slice(mask, largest), nx);
  markLesion();
  markSurroundings();
  return seeds;

  function markLesion() {
    const lines = slices.flatMap((z) => {
      const depth = depths(z === largest ? slice(mask, z) : wholeVoxels(z), nx, ny);
      return clearLines(depth, z, clearance.lesion);
    });
    const first = best(
      lines.filter(({ z }) => z === largest),
      ({ clear }) => clear,
    );
    // A lesion that is smaller than a stroke is marked by its middle.
    const dot = () => ({ z: largest, pixels: [deepest(depths(slice(mask, largest), nx, ny))] });
    const marked = [];
    mark(1, first ?? dot(), marked);
    while (marked.length < strokesPerLabel * 5) {
      const free = lines.filter(({ z, pixels }) => pixels.every((p) => seeds[z * plane + p] === 0));
      const next = best(free, (line) => unlikeness(line, marked));
      if (next === undefined) break;
      mark(1, next, marked);
    }
  }

  function markSurroundings() {
    const marked = [];
    const sides = [];
    for (const z of [largest, Math.max(0, low - 1), Math.min(nz - 1, high + 1)]) {
      const nearest = Math.min(Math.max(z, low), high);
      const distance = depths(
        slice(mask, nearest).map((v) => 1 - v),
        nx,
        ny,
      );
      const free = slice(mask, z).map((v, i) => (v === 0 && slice(liver, z)[i] !== 0 ? 1 : 0));
      const depth = depths(free, nx, ny).map((d, i) => {
        const close = z === nearest && distance[i] < clearance.surroundings;
        return distance[i] > reach || close ? 0 : d;
      });
      const lines = clearLines(depth, z, clearance.surroundings);
      const most = Math.min(apart, Math.max(0, ...lines.map((line) => fromSides(line, sides))));
      const next = best(
        lines.filter((line) => fromSides(line, sides) >= Math.min(most, apart)),
        (line) => (marked.length === 0 ? line.clear : unlikeness(line, marked)),
      );
      if (next === undefined) continue;
      mark(2, next, marked);
      sides.push(sideOf(next));
    }
  }

  function mark(label, { z, pixels }, marked) {
    for (const pixel of pixels) {
      seeds[z * plane + pixel] = label;
      marked.push(z * plane + pixel);
    }
  }

  /** The lesion where the slices next to it hold it too: elsewhere it is blurred. */
  function wholeVoxels(z) {
    const holds = (other) => (i) => other < 0 || other >= nz || mask[other * plane + i] !== 0;
    const [below, above] = [holds(z - 1), holds(z + 1)];
    return slice(mask, z).map((v, i) => (v !== 0 && below(i) && above(i) ? 1 : 0));
  }

  /** Mean distance in HU to the most similar voxel that is marked. */
  function unlikeness({ z, pixels }, marked) {
    const distances = pixels.map((pixel) =>
      Math.min(
        ...marked.map((other) =>
          Math.hypot(...looks.map((look) => look[z * plane + pixel] - look[other])),
        ),
      ),
    );
    return distances.reduce((sum, v) => sum + v, 0) / distances.length;
  }

  /** Direction in which a stroke lies from the middle of the lesion. */
  function sideOf({ pixels }) {
    const [x, y] = centroid(pixels, nx, true);
    return Math.atan2(y - middle[1], x - middle[0]);
  }

  function fromSides(line, sides) {
    return Math.min(
      Math.PI,
      ...sides.map((side) => {
        const turn = Math.abs(side - sideOf(line)) % (2 * Math.PI);
        return Math.min(turn, 2 * Math.PI - turn);
      }),
    );
  }

  function clearLines(depth, z, clearance) {
    const lines = fiveVoxelLines(depth, nx, ny);
    const most = lines.reduce((found, { clear }) => Math.max(found, clear), 0);
    return lines
      .filter(({ clear }) => clear >= Math.min(clearance, 0.75 * most))
      .map((line) => ({ ...line, z }));
  }
}

function best(list, score) {
  let [found, most] = [undefined, -Infinity];
  for (const item of list) {
    const value = score(item);
    if (value > most) [found, most] = [item, value];
  }
  return found;
}

/** Mean x and y of the pixels that are not 0, or of a list of pixels. */
function centroid(plane, nx, isList = false) {
  const pixels = isList ? plane : [...plane.keys()].filter((i) => plane[i] !== 0);
  const mean = (of) => pixels.reduce((sum, pixel) => sum + of(pixel), 0) / pixels.length;
  return [mean((pixel) => pixel % nx), mean((pixel) => Math.floor(pixel / nx))];
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
