import { median } from '../collections/median.js';
import type { Volume } from '../volume/volume.js';
import { findSpine, type Spine } from './find-spine.js';

/** The aorta as one disc a slice, voxels of the volume that was searched. */
export interface AortaPath {
  readonly discs: readonly {
    readonly x: number;
    readonly y: number;
    readonly z: number;
    readonly radius: number;
  }[];
  /** Mean contrast of its edge, HU. */
  readonly edge: number;
  /** 0..1: how much it looks like an aorta. */
  readonly quality: number;
}

/** Radii that are tried, mm. */
const radii = [7, 8.5, 10, 11.5, 13, 15];
const directions = Array.from(
  { length: 16 },
  (_, i) => [Math.cos((i * Math.PI) / 8), Math.sin((i * Math.PI) / 8)] as const,
);
/** Region searched, mm from the spine: left of the patient is +x, anterior is -y. */
const region = { right: 12, left: 45, anterior: 85, posterior: 12 } as const;
/** Blood from native to a bolus, HU. */
const blood = [20, 650] as const;
/** An edge counts up to this, HU; beyond it says no more. */
const mostEdge = 120;
/** Candidates kept in a slice. */
const kept = 24;
/** The centre moves at most this far between slices 5 mm apart, mm. */
const mostShift = 6;

interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
  readonly mean: number;
  readonly edge: number;
  readonly score: number;
}

/**
 * Searches a coarse volume (LPS order, see coarse-volume.ts) for the aorta: in every slice discs of
 * 7 to 15 mm radius, even inside, with an edge all round, in front of the spine; then the chain
 * through the slices with the best sum. Undefined where none is found.
 */
export function findAorta(volume: Volume): AortaPath | undefined {
  const spine = findSpine(volume);
  const slices = Array.from({ length: volume.size[2] }, (_, z) => candidates(volume, z, spine));
  const chain = bestChain(slices, volume);
  if (chain.length < Math.max(3, 0.3 * volume.size[2])) return undefined;
  // The ends may have left the aorta; the better half of the discs is taken.
  const ranked = [...chain].sort((a, b) => b.disc.score - a.disc.score);
  const discs = ranked.slice(0, Math.max(3, Math.ceil(ranked.length / 2)));
  const edge = median(discs.map(({ disc }) => disc.edge));
  const means = discs.map(({ disc }) => disc.mean);
  const centre = median(means);
  const deviation = median(means.map((mean) => Math.abs(mean - centre)));
  const even = 1 - Math.min(1, deviation / (0.15 * Math.abs(centre) + 10));
  const clear = Math.min(1, edge / 80);
  const long = Math.min(1, (chain.length * volume.spacing[2]) / 60);
  return {
    discs: discs.map(({ disc, z }) => ({ x: disc.x, y: disc.y, z, radius: disc.radius })),
    edge,
    quality: clear * (0.4 + 0.6 * even) * (0.5 + 0.5 * long) * (spine === undefined ? 0.6 : 1),
  };
}

/** Median HU within the discs of a path, on a volume of the same grid. */
export function aortaHu(volume: Volume, path: AortaPath): number {
  const values: number[] = [];
  for (const { x, y, z, radius } of path.discs) {
    visitDisc(volume, x, y, z, 0.65 * radius, (v) => values.push(v));
  }
  return median(values);
}

function candidates(volume: Volume, z: number, spine: Spine | undefined): Disc[] {
  const [nx, ny] = volume.size;
  const [sx, sy] = volume.spacing;
  const edge = Math.ceil(10 / Math.min(sx, sy));
  const x0 = Math.max(edge, spine === undefined ? 0 : Math.floor(spine.x - region.right / sx));
  const x1 = Math.min(nx - edge, spine === undefined ? nx : Math.ceil(spine.x + region.left / sx));
  const y0 = Math.max(edge, spine === undefined ? 0 : Math.floor(spine.y - region.anterior / sy));
  const y1 = Math.min(
    ny - edge,
    spine === undefined ? ny : Math.ceil(spine.y - region.posterior / sy),
  );
  const found: Disc[] = [];
  for (let y = y0; y < y1; y += 1) {
    for (let x = x0; x < x1; x += 1) {
      const disc = bestDisc(volume, x, y, z);
      if (disc !== undefined) found.push(disc);
    }
  }
  return found.sort((a, b) => b.score - a.score).slice(0, kept);
}

function bestDisc(volume: Volume, x: number, y: number, z: number): Disc | undefined {
  const core = discStatistics(volume, x, y, z, 4.5);
  if (core.mean < blood[0] || core.mean > blood[1] || core.deviation > 30 + 0.05 * core.mean)
    return undefined;
  let best: Disc | undefined;
  for (const radius of radii) {
    const inside = discStatistics(volume, x, y, z, 0.7 * radius);
    if (inside.deviation > 30 + 0.06 * inside.mean) break;
    const { edge, brightRound } = edgeOf(volume, x, y, z, radius, inside.mean);
    // Bone all round is the spinal canal, not a vessel.
    if (brightRound > 0.55) continue;
    const score = edge - 1.5 * inside.deviation + 0.05 * Math.min(inside.mean, 300);
    if (best === undefined || score > best.score) {
      best = { x, y, radius, mean: inside.mean, edge, score };
    }
  }
  return best !== undefined && best.edge > 8 ? best : undefined;
}

/** Mean contrast across the rim without its three weakest directions, where neighbours touch. */
function edgeOf(volume: Volume, x: number, y: number, z: number, radius: number, mean: number) {
  const [sx, sy] = volume.spacing;
  const steps: number[] = [];
  let bright = 0;
  for (const [dx, dy] of directions) {
    const at = (r: number) => sample(volume, x + (dx * r) / sx, y + (dy * r) / sy, z);
    const inner = at(0.8 * radius);
    const outer = at(1.3 * radius);
    if (outer > Math.max(130, mean + 40)) bright += 1;
    steps.push(
      Math.min(Math.abs(inner - outer), mostEdge) - Math.min(mostEdge, Math.abs(inner - mean)),
    );
  }
  const used = steps.sort((a, b) => b - a).slice(0, -3);
  return {
    edge: used.reduce((sum, v) => sum + v, 0) / used.length,
    brightRound: bright / directions.length,
  };
}

function discStatistics(volume: Volume, x: number, y: number, z: number, radius: number) {
  let [sum, squares, count] = [0, 0, 0];
  visitDisc(volume, x, y, z, radius, (v) => {
    sum += v;
    squares += v * v;
    count += 1;
  });
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

function visitDisc(
  volume: Volume,
  x: number,
  y: number,
  z: number,
  radius: number,
  visit: (value: number) => void,
): void {
  const [nx, ny] = volume.size;
  const [sx, sy] = volume.spacing;
  const reach = Math.floor(radius / sy);
  for (let j = -reach; j <= reach; j += 1) {
    const width = Math.floor(Math.sqrt(Math.max(0, radius * radius - (j * sy) ** 2)) / sx);
    const row = (z * ny + Math.min(ny - 1, Math.max(0, y + j))) * nx;
    for (let i = -width; i <= width; i += 1) {
      visit(volume.data[row + Math.min(nx - 1, Math.max(0, x + i))] as number);
    }
  }
}

function sample(volume: Volume, x: number, y: number, z: number): number {
  const [nx, ny] = volume.size;
  const i = Math.min(nx - 1, Math.max(0, Math.round(x)));
  const j = Math.min(ny - 1, Math.max(0, Math.round(y)));
  return volume.data[(z * ny + j) * nx + i] as number;
}

interface Link {
  readonly disc: Disc;
  readonly z: number;
}

/** The chain of discs through neighbouring slices with the largest sum of scores. */
function bestChain(slices: readonly (readonly Disc[])[], volume: Volume): Link[] {
  const [sx, sy, sz] = volume.spacing;
  const reach = mostShift * Math.max(1, sz / 5);
  const total = slices.map((discs) => discs.map(({ score }) => score));
  const from = slices.map((discs) => discs.map(() => -1));
  let [endZ, endI, best] = [-1, -1, Number.NEGATIVE_INFINITY];
  slices.forEach((discs, z) => {
    discs.forEach((disc, i) => {
      const before = slices[z - 1] ?? [];
      let most = 0;
      before.forEach((other, k) => {
        const shift = Math.hypot((other.x - disc.x) * sx, (other.y - disc.y) * sy);
        const change = Math.abs(other.mean - disc.mean);
        if (shift > reach || change > 25 + 0.15 * Math.abs(disc.mean)) return;
        const value = (total[z - 1]?.[k] ?? 0) - 2 * shift - 0.3 * change;
        if (value <= most) return;
        most = value;
        (from[z] as number[])[i] = k;
      });
      (total[z] as number[])[i] = disc.score + most;
      if (disc.score + most > best) [endZ, endI, best] = [z, i, disc.score + most];
    });
  });
  const chain: Link[] = [];
  for (let [z, i] = [endZ, endI]; z >= 0 && i >= 0; ) {
    chain.push({ disc: (slices[z] as Disc[])[i] as Disc, z });
    i = from[z]?.[i] ?? -1;
    z -= 1;
  }
  return chain;
}
