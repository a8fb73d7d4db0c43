import type { Random } from '../random/index.js';
import type { Vector3 } from '../volume/index.js';
import { drawPlaneWaves, type PlaneWaves } from './plane-waves.js';
import {
  aboveDome,
  capsule,
  column,
  ellipsoid,
  intersection,
  type Shape,
  smoothUnion,
} from './shapes.js';
import type { TissueName } from './tissues.js';
import { vesselTree } from './vessel-tree.js';

/** A shape of one tissue; later organs cover earlier ones. */
export interface Organ {
  readonly tissue: TissueName;
  readonly shape: Shape;
}

/** One upper abdomen in mm, LPS; the origin lies in the middle of the body at the height of the liver's centre. */
export interface Anatomy {
  /** Columns along z, painted first: the same in every slice. */
  readonly trunk: readonly Organ[];
  /** Painted before the liver. */
  readonly background: readonly Organ[];
  readonly liver: Shape;
  readonly liverTexture: PlaneWaves;
  /** Painted inside the liver. */
  readonly vessels: readonly Organ[];
  /** Painted after the liver; no part of it. */
  readonly foreground: readonly Organ[];
}

/** Half width and half depth of the body, mm, before the patient's own scale. */
export const bodyAxes = [172, 118] as const;

/** Draws a patient. All lengths go with a scale of 0.9 to 1.08. */
export function drawAnatomy(random: Random): Anatomy {
  const scale = random.uniform(0.9, 1.08);
  const at = (x: number, y: number, z: number): Vector3 => [
    scale * (x + random.normal(0, 2)),
    scale * (y + random.normal(0, 2)),
    scale * (z + random.normal(0, 2)),
  ];
  const by = (x: number, y: number, z: number): Vector3 => [
    scale * x * random.uniform(0.92, 1.08),
    scale * y * random.uniform(0.92, 1.08),
    scale * z * random.uniform(0.92, 1.08),
  ];
  const wall = (inset: number): Shape =>
    column([0, 0], [scale * (bodyAxes[0] - inset), scale * (bodyAxes[1] - inset)]);
  const cavity = wall(30);
  const organ = (tissue: TissueName, shape: Shape): Organ => ({ tissue, shape });
  const lumpy = (centre: Vector3, axes: Vector3, amount: number): Shape => {
    const size = Math.min(...axes);
    return ellipsoid(centre, axes, drawPlaneWaves(random, 6, [1.2 * size, 3 * size], amount));
  };

  const rightLobe = ellipsoid(
    at(-62, -8, 0),
    by(74, 72, 78),
    drawPlaneWaves(random, 10, [60, 160], 0.05),
  );
  const leftLobe = ellipsoid(
    at(25, -46, 18),
    by(72, 31, 38),
    drawPlaneWaves(random, 8, [45, 120], 0.06),
  );
  const liver = intersection(smoothUnion(rightLobe, leftLobe, 14), cavity, 2);

  const trunk = [organ('fat', wall(0)), organ('muscle', wall(18)), organ('fat', cavity)];
  const background: Organ[] = [
    ...bowelLoops(random, scale),
    organ(
      'lung',
      intersection(aboveDome(scale * -45, scale * -5, scale * 80, scale * 95), cavity, 1),
    ),
    organ('lung', intersection(aboveDome(scale * 70, 0, scale * 72, scale * 90), cavity, 1)),
    organ('stomachWall', lumpy(at(62, -38, 22), by(46, 38, 46), 0.05)),
    organ('stomachContent', lumpy(at(62, -38, 22), by(41, 33, 41), 0.04)),
    organ('spleen', intersection(lumpy(at(98, 28, 22), by(32, 46, 48), 0.05), cavity, 1)),
  ];

  const hilum = at(-25, -6, -12);
  const cava = at(-20, 26, 0);
  const vessels: Organ[] = [
    ...vesselTree(random, hilum, at(-72, -4, 2), 5.2),
    ...vesselTree(random, hilum, at(6, -42, 16), 4.4),
  ].map((shape) => organ('portalVein', shape));
  const confluence: Vector3 = [cava[0], cava[1] - 6 * scale, scale * 62];
  for (const target of [at(-95, 14, 30), at(-52, -34, 30), at(4, -46, 34)]) {
    vessels.push(
      ...vesselTree(random, confluence, target, 4).map((shape) => organ('hepaticVein', shape)),
    );
  }

  const aorta = at(14, 34, 0);
  const foreground: Organ[] = [
    organ('portalVein', capsule(at(4, 4, -60), hilum, 6.5 * scale, 6 * scale)),
    organ('cava', column([cava[0], cava[1]], [12 * scale, 10 * scale])),
    ...gallbladder(lumpy(at(-34, -52, -46), by(14, 20, 24), 0.03)),
    ...spine(scale),
    organ('aortaWall', column([aorta[0], aorta[1]], [11 * scale, 11 * scale])),
    organ('aorta', column([aorta[0], aorta[1]], [10 * scale, 10 * scale])),
    ...kidney(at(-60, 52, -58), by(27, 25, 50)),
    ...kidney(at(62, 52, -46), by(27, 25, 50)),
    ...ribs(random, scale),
  ];
  return {
    trunk,
    background,
    liver,
    liverTexture: drawPlaneWaves(random, 10, [7, 20], 2.5),
    vessels,
    foreground,
  };
}

function bowelLoops(random: Random, scale: number): Organ[] {
  return Array.from({ length: 9 }, () => {
    const centre: Vector3 = [
      scale * random.uniform(-90, 100),
      scale * random.uniform(-70, 5),
      scale * random.uniform(-110, -55),
    ];
    const axes = [0, 1, 2].map(() => scale * random.uniform(13, 26)) as unknown as Vector3;
    return {
      tissue: 'bowel',
      shape: ellipsoid(centre, axes, drawPlaneWaves(random, 4, [25, 70], 0.06)),
    };
  });
}

function gallbladder(shape: Shape): Organ[] {
  const inner: Shape = {
    bounds: shape.bounds,
    distanceRow(out, x0, dx, n, y, z) {
      shape.distanceRow(out, x0, dx, n, y, z);
      for (let i = 0; i < n; i++) out[i] = (out[i] as number) + 1.5;
    },
  };
  return [
    { tissue: 'bowel', shape },
    { tissue: 'bile', shape: inner },
  ];
}

function kidney(centre: Vector3, axes: Vector3): Organ[] {
  const scaled = (factor: number) => axes.map((axis) => axis * factor) as unknown as Vector3;
  return [
    { tissue: 'fat', shape: ellipsoid(centre, scaled(1.18)) },
    { tissue: 'kidneyCortex', shape: ellipsoid(centre, axes) },
    { tissue: 'kidneyMedulla', shape: ellipsoid(centre, scaled(0.72)) },
    { tissue: 'fat', shape: ellipsoid(centre, scaled(0.38)) },
  ];
}

function spine(scale: number): Organ[] {
  const s = (value: number) => scale * value;
  return [
    { tissue: 'muscle', shape: column([s(-34), s(76)], [s(26), s(17)]) },
    { tissue: 'muscle', shape: column([s(34), s(76)], [s(26), s(17)]) },
    { tissue: 'corticalBone', shape: column([0, s(62)], [s(21), s(17)]) },
    { tissue: 'cancellousBone', shape: column([0, s(62)], [s(19), s(15)]) },
    { tissue: 'corticalBone', shape: column([0, s(86)], [s(11), s(14)]) },
    { tissue: 'muscle', shape: column([0, s(84)], [s(8), s(7)]) },
  ];
}

/** Ribs run in the wall and fall from back to front. */
function ribs(random: Random, scale: number): Organ[] {
  const organs: Organ[] = [];
  const axes = [scale * (bodyAxes[0] - 24), scale * (bodyAxes[1] - 24)] as const;
  const first = random.uniform(0, 26);
  for (const side of [-1, 1]) {
    for (let rib = -7; rib <= 7; rib++) {
      const point = (t: number): Vector3 => [
        side * axes[0] * Math.sin(t),
        axes[1] * Math.cos(t),
        scale * (first + 26 * rib - 22 * t),
      ];
      for (let piece = 0; piece < 9; piece++) {
        const from = point(0.35 + 0.22 * piece);
        const to = point(0.35 + 0.22 * (piece + 1));
        const radius = 5 * scale;
        organs.push({ tissue: 'corticalBone', shape: capsule(from, to, radius, radius) });
        organs.push({ tissue: 'cancellousBone', shape: capsule(from, to, radius - 2, radius - 2) });
      }
    }
  }
  return organs;
}
