import type { Grid } from '../volume/index.js';
import type { CaseEnhancement, PhantomClass, PhantomPhase } from './enhancement.js';
import {
  capsuleValue,
  fillingOrder,
  fillsIn,
  type LesionTexture,
  lesionPattern,
  mix,
  shell,
  smoothStep,
  type TissuePoint,
} from './lesion-pattern.js';
import type { LesionShape } from './lesion-shape.js';
import { type Box, boxOf, forEachRow } from './paint.js';
import { addWaveRow } from './plane-waves.js';

/** One lesion of the cohort. */
export interface Lesion {
  readonly class: PhantomClass;
  readonly atypical: boolean;
  readonly shape: LesionShape;
  readonly texture: LesionTexture;
}

/** A lesion on a box of an axial grid. */
export interface LesionTissue {
  readonly box: Box;
  /** Share of each voxel of the box that is lesion, 0..1. */
  readonly fraction: Float32Array;
  /** HU of the lesion's tissue by phase; its mean over the lesion, a capsule apart, is the latent value. */
  readonly values: readonly Float32Array[];
}

/**
 * Computes a lesion on a grid with direction identity (mm along the axes); undefined if it lies outside. Works on any
 * spacing, so the same lesions can be put into a real liver.
 */
export function lesionTissue(
  lesion: Lesion,
  latent: CaseEnhancement,
  phases: readonly PhantomPhase[],
  grid: Grid,
): LesionTissue | undefined {
  const { shape } = lesion;
  const box = boxOf(shape, grid, shape.edge);
  if (box === undefined) return undefined;
  const points = tissuePoints(lesion, grid, box);
  const fraction = points.depth.map((depth) =>
    Math.max(0, Math.min(1, 0.5 - ((depth - 1) * shape.radius) / shape.edge)),
  );
  const values = phases.map((phase) => {
    const hu = fillsIn(lesion.class, lesion.atypical, phase)
      ? filledValues(latent, phase, points, fraction)
      : patternValues(lesion, latent, phase, points, fraction);
    shiftToMean(hu, fraction, latent.lesion[phase]);
    if (lesion.texture.capsuleThickness > 0) {
      addCapsule(hu, points.depth, lesion, capsuleValue(phase, latent));
    }
    return hu;
  });
  return { box, fraction, values };
}

/** Blends a lesion into volumes of the grid it was computed on. */
export function blendLesion(
  grid: Grid,
  phases: readonly Float32Array[],
  { box, fraction, values }: LesionTissue,
): void {
  const n = box[1][0] - box[0][0];
  let at = 0;
  forEachRow(grid, box, (offset) => {
    for (let i = 0; i < n; i++, at++) {
      const alpha = fraction[at] as number;
      if (alpha === 0) continue;
      for (let p = 0; p < phases.length; p++) {
        const data = phases[p] as Float32Array;
        data[offset + i] = mix(data[offset + i] as number, values[p]?.[at] as number, alpha);
      }
    }
  });
}

interface TissuePoints {
  readonly depth: Float32Array;
  readonly texture: Float32Array;
  readonly nodules: Float32Array;
  readonly core: Float32Array;
  readonly behind: Float32Array;
}

function tissuePoints(lesion: Lesion, grid: Grid, box: Box): TissuePoints {
  const { shape, texture } = lesion;
  const n = box[1][0] - box[0][0];
  const total = n * (box[1][1] - box[0][1]) * (box[1][2] - box[0][2]);
  const points: TissuePoints = {
    depth: new Float32Array(total),
    texture: new Float32Array(total),
    nodules: new Float32Array(total),
    core: new Float32Array(total).fill(1e3),
    behind: new Float32Array(total),
  };
  const row = new Float64Array(n);
  const dx = grid.spacing[0];
  let at = 0;
  forEachRow(grid, box, (_, x0, y, z) => {
    shape.depthRow(row, x0, dx, n, y, z);
    points.depth.set(row, at);
    addWaveRow(row.fill(0), texture.texture, x0, dx, n, y, z);
    points.texture.set(row, at);
    addWaveRow(row.fill(0), texture.nodules, x0, dx, n, y, z);
    points.nodules.set(row, at);
    points.behind.fill(y - shape.centre[1], at, at + n);
    for (const part of texture.core) {
      part.distanceRow(row, x0, dx, n, y, z);
      for (let i = 0; i < n; i++) {
        points.core[at + i] = Math.min(points.core[at + i] as number, row[i] as number);
      }
    }
    at += n;
  });
  return points;
}

function pointAt(points: TissuePoints, i: number, point: TissuePoint): TissuePoint {
  point.depth = points.depth[i] as number;
  point.texture = points.texture[i] as number;
  point.nodules = points.nodules[i] as number;
  point.core = points.core[i] as number;
  point.behind = points.behind[i] as number;
  return point;
}

function patternValues(
  lesion: Lesion,
  latent: CaseEnhancement,
  phase: PhantomPhase,
  points: TissuePoints,
  fraction: Float32Array,
): Float32Array {
  const pattern = lesionPattern(lesion.class, lesion.atypical, phase, latent);
  const point: TissuePoint = { depth: 0, texture: 0, nodules: 0, core: 0, behind: 0 };
  return fraction.map((alpha, i) => (alpha === 0 ? 0 : pattern(pointAt(points, i, point))));
}

/** Share of the aorta's enhancement that reaches the pools of a haemangioma. */
const poolShare = 0.95;
/** Least and largest part of a haemangioma that has filled. */
const filledRange = [0.05, 0.9] as const;

/** Nodules as bright as the aorta in dark tissue; as many as the latent mean of the phase asks for. */
function filledValues(
  latent: CaseEnhancement,
  phase: PhantomPhase,
  points: TissuePoints,
  fraction: Float32Array,
): Float32Array {
  const bright = poolShare * latent.aorta[phase];
  const dark = latent.lesion.NC + (phase === 'ART' ? 3 : 8);
  const share = (latent.lesion[phase] - dark) / (bright - dark);
  const filled = Math.max(filledRange[0], Math.min(filledRange[1], share));
  const point: TissuePoint = { depth: 0, texture: 0, nodules: 0, core: 0, behind: 0 };
  const order = points.depth.map((_, i) => fillingOrder(pointAt(points, i, point)));
  const threshold = quantileInside(order, fraction, 1 - filled);
  return order.map((value, i) =>
    mix(
      dark + 2 * (points.texture[i] as number),
      bright,
      smoothStep(-0.15, 0.15, value - threshold),
    ),
  );
}

function quantileInside(values: Float32Array, fraction: Float32Array, share: number): number {
  const inside = values.filter((_, i) => (fraction[i] as number) >= 0.5).sort();
  return inside[Math.min(inside.length - 1, Math.floor(share * inside.length))] ?? 0;
}

function shiftToMean(values: Float32Array, fraction: Float32Array, mean: number): void {
  let sum = 0;
  let weight = 0;
  for (let i = 0; i < values.length; i++) {
    const alpha = fraction[i] as number;
    sum += alpha * (values[i] as number);
    weight += alpha;
  }
  const shift = weight === 0 ? 0 : mean - sum / weight;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) + shift;
}

function addCapsule(
  values: Float32Array,
  depth: Float32Array,
  { shape, texture }: Lesion,
  value: number,
): void {
  for (let i = 0; i < values.length; i++) {
    const share = shell(depth[i] as number, shape.radius, texture.capsuleThickness);
    values[i] = mix(values[i] as number, value, share);
  }
}
