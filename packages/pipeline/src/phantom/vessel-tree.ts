import type { Random } from '../random/index.js';
import type { Vector3 } from '../volume/index.js';
import { drawDirection } from './plane-waves.js';
import { capsule, type Shape } from './shapes.js';

/** Radius below which a branch is not drawn, mm. */
const thinnest = 1;

/**
 * A tree of tapering branches: from its root it runs towards `target`, then forks at random, each child 0.72 as wide
 * (Murray's law for equal children is 0.79; veins taper on the way as well).
 */
export function vesselTree(
  random: Random,
  root: Vector3,
  target: Vector3,
  radius: number,
): Shape[] {
  const shapes = [capsule(root, target, radius, radius * 0.85)];
  const run = target.map((t, i) => t - (root[i] as number)) as unknown as Vector3;
  grow(random, target, run, radius * 0.72, shapes);
  return shapes;
}

function grow(random: Random, from: Vector3, run: Vector3, radius: number, shapes: Shape[]): void {
  if (radius < thinnest) return;
  const length = Math.hypot(...run) * random.uniform(0.55, 0.8);
  const side = drawDirection(random);
  for (const sign of [1, -1]) {
    const spread = random.uniform(0.45, 0.8);
    const bent = unit(run).map((u, i) => u + sign * spread * (side[i] as number));
    const next = unit(bent as unknown as Vector3).map((u) => u * length) as unknown as Vector3;
    const to = from.map((f, i) => f + (next[i] as number)) as unknown as Vector3;
    shapes.push(capsule(from, to, radius, radius * 0.8));
    grow(random, to, next, radius * 0.72, shapes);
  }
}

function unit(v: Vector3): Vector3 {
  const length = Math.hypot(...v) + 1e-9;
  return [v[0] / length, v[1] / length, v[2] / length];
}
