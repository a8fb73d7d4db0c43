import type { Random } from '../random/index.js';
import { type Grid, identityDirection, type Vector3 } from '../volume/index.js';
import type { FineGrid } from './acquisition.js';
import type { Anatomy } from './anatomy.js';
import { type Deformation, largestDisplacement } from './deformation.js';
import { distanceTo } from './shapes.js';

/** Fine slices rendered in each image slice. */
const subSlices = 3;

/** Pixels and slices of a cropped case. */
export const croppedSize: Vector3 = [160, 160, 24];

/** Spacing of a case, mm: 0.57 to 0.89 in plane (the largest patients' range for a full field), slices of 5, 6 or 7. */
export function drawSpacing(random: Random, full: boolean): Vector3 {
  const inPlane = full ? random.uniform(0.7, 0.89) : random.uniform(0.57, 0.89);
  // Rounded as scanners write it.
  const rounded = Math.round(inPlane * 1e4) / 1e4;
  return [rounded, rounded, 5 + random.int(3)];
}

/**
 * A place in the liver where a lesion of this radius fits: mostly inside, and clear of the organs that the liver gives
 * way to. Where nothing fits, the place with the most room.
 */
export function drawLesionCentre(random: Random, anatomy: Anatomy, radius: number): Vector3 {
  const [lower, upper] = anatomy.liver.bounds;
  let best: Vector3 = [0, 0, 0];
  let mostRoom = Number.NEGATIVE_INFINITY;
  for (let attempt = 0, inside = 0; attempt < 4000 && inside < 40; attempt++) {
    const point = [0, 1, 2].map((axis) =>
      random.uniform(lower[axis] as number, upper[axis] as number),
    ) as unknown as Vector3;
    const depth = -distanceTo(anatomy.liver, point);
    if (depth < 0.3 * radius) continue;
    inside++;
    const clear = Math.min(...anatomy.foreground.map(({ shape }) => distanceTo(shape, point)));
    const room = Math.min(depth - 0.9 * radius, clear - 1.15 * radius - 2);
    if (room > 0) return point;
    if (room > mostRoom) {
      mostRoom = room;
      best = point;
    }
  }
  return best;
}

/** The image grid round a lesion; it lies up to a tenth of the field away from the middle. */
export function croppedGrid(
  random: Random,
  size: Vector3,
  spacing: Vector3,
  centre: Vector3,
): Grid {
  const origin = centre.map((c, axis) => {
    const extent = ((size[axis] as number) - 1) * (spacing[axis] as number);
    return round(c - extent * (0.5 + random.uniform(-0.1, 0.1)));
  }) as unknown as Vector3;
  return { size, spacing, origin, direction: identityDirection };
}

/** 512 x 512 round the body, as many slices as the liver is high. */
export function fullGrid(spacing: Vector3, anatomy: Anatomy): Grid {
  const [lower, upper] = anatomy.liver.bounds;
  const slices = Math.ceil((upper[2] - lower[2]) / spacing[2]) + 1;
  const half = (511 * spacing[0]) / 2;
  return {
    size: [512, 512, slices],
    spacing,
    origin: [round(-half), round(-half), round(lower[2])],
    direction: identityDirection,
  };
}

/** Micrometres: what a NIfTI header's float32 keeps. */
function round(mm: number): number {
  return Math.round(mm * 1e3) / 1e3;
}

/** The grid on which anatomy is rendered: thin slices, and a margin as wide as tissue can move. */
export function fineGridOf(
  { size, spacing, origin }: Grid,
  deformations: readonly Deformation[],
): FineGrid {
  const thin = spacing[2] / subSlices;
  const fineSpacing: Vector3 = [spacing[0], spacing[1], thin];
  const margin = ([0, 1, 2] as const).map((axis) => {
    const reach = Math.max(0, ...deformations.map((d) => largestDisplacement(d)[axis]));
    return Math.ceil(reach / fineSpacing[axis]) + 1;
  }) as [number, number, number];
  return {
    subSlices,
    margin,
    grid: {
      size: [size[0] + 2 * margin[0], size[1] + 2 * margin[1], size[2] * subSlices + 2 * margin[2]],
      spacing: fineSpacing,
      origin: [
        origin[0] - margin[0] * spacing[0],
        origin[1] - margin[1] * spacing[1],
        origin[2] - spacing[2] / 2 + thin / 2 - margin[2] * thin,
      ],
      direction: identityDirection,
    },
  };
}
