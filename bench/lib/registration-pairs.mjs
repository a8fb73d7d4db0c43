import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  makeVolume,
  placeInPhase,
  planCohort,
  renderCase,
  voxelToWorld,
  writeVolume,
} from '@flc-native/pipeline';

/** Points are looked at in the lesion and this far around it, mm. */
const reach = 10;

/**
 * A pair of phantom phases with its truth: points in and around the lesion on PV (LPS, mm) and where their tissue lies
 * in the other phase.
 *
 * @typedef {{ name: string, fixed: object, moving: object, liver: object, lesion: object, movingLesion: object,
 *   points: number[][], truth: number[][], before: number[] }} Pair
 */

/**
 * Pairs of a set whose median displacement at the points is at least `least` mm, in the order of the cases.
 *
 * @param {{ seed: number, size: number[], spacing?: number[], motion?: number }} set
 * @param {number} count
 * @param {number} least mm
 */
export function* phantomPairs({ seed, size, spacing, motion }, count, least) {
  const phases = ['NC', 'ART', 'PV'];
  const plans = planCohort(400, seed);
  let found = 0;
  for (const plan of plans) {
    const rendered = renderCase(plan, { seed, phases, full: false, size, spacing, motion });
    const { grid, deformations } = rendered.model;
    const volume = (data) => makeVolume(grid, data);
    const points = pointsAround(grid, rendered.lesionMasks[2]);
    for (const [p, phase] of ['NC', 'ART'].entries()) {
      const truth = points.map((point) => placeInPhase(deformations[phase], point));
      const before = points.map((point, i) => distance(point, truth[i]));
      if (quantile(before, 0.5) < least) continue;
      yield {
        name: `${plan.id} ${phase}`,
        fixed: volume(rendered.images[2]),
        moving: volume(rendered.images[p]),
        liver: volume(rendered.liverMask),
        lesion: volume(rendered.lesionMasks[2]),
        movingLesion: volume(rendered.lesionMasks[p]),
        points,
        truth,
        before,
      };
      found += 1;
      if (found === count) return;
    }
  }
  throw new Error(`only ${found} pairs start at ${least} mm or more`);
}

/** World positions of every other pixel in or within 10 mm of the lesion. */
function pointsAround(grid, mask) {
  const [nx, ny, nz] = grid.size;
  const all = [];
  for (let i = 0; i < mask.length; i += 1) {
    if (mask[i] !== 0) all.push([i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))]);
  }
  const surface = all.filter(([x, y, z]) =>
    [
      [1, 0, 0],
      [-1, 0, 0],
      [0, 1, 0],
      [0, -1, 0],
      [0, 0, 1],
      [0, 0, -1],
    ].some(([dx, dy, dz]) => mask[((z + dz) * ny + y + dy) * nx + x + dx] !== 1),
  );
  const [sx, sy, sz] = grid.spacing;
  const points = [];
  for (let z = 0; z < nz; z += 1) {
    for (let y = 0; y < ny; y += 2) {
      for (let x = 0; x < nx; x += 2) {
        const inside = mask[(z * ny + y) * nx + x] !== 0;
        const near =
          inside ||
          surface.some(
            ([a, b, c]) =>
              ((a - x) * sx) ** 2 + ((b - y) * sy) ** 2 + ((c - z) * sz) ** 2 <= reach * reach,
          );
        if (near) points.push(voxelToWorld(grid, [x, y, z]));
      }
    }
  }
  return points;
}

/** Writes the volumes of a pair where the process that registers it finds them. */
export async function writePair(folder, pair) {
  await mkdir(folder, { recursive: true });
  for (const name of ['fixed', 'moving', 'liver', 'lesion', 'movingLesion']) {
    await writeVolume(join(folder, `${name}.nii`), pair[name]);
  }
  await writeFile(join(folder, 'points.json'), JSON.stringify(pair.points));
}

/** @param {readonly number[]} a @param {readonly number[]} b */
export function distance(a, b) {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** @param {readonly number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))];
}
