import type { Random } from '../random/index.js';
import type { Vector3 } from '../volume/index.js';
import type { CaseEnhancement, PhantomClass, PhantomPhase } from './enhancement.js';
import type { LesionShape } from './lesion-shape.js';
import { drawDirection, drawPlaneWaves, type PlaneWaves } from './plane-waves.js';
import { capsule, type Shape } from './shapes.js';

/** What a pattern may look at in one voxel. */
export interface TissuePoint {
  /** 0 at the centre of the lesion, 1 at its surface. */
  depth: number;
  /** Two independent smooth random functions of the position, mean 0, standard deviation 1. */
  texture: number;
  nodules: number;
  /** Distance to the scar or necrosis, mm, negative inside; large where there is none. */
  core: number;
  /** From the centre to the back of the patient, mm. */
  behind: number;
}

/** HU of a lesion's tissue before its mean is set to the latent value. */
export type Pattern = (point: TissuePoint) => number;

/** The random parts of one lesion's pattern. */
export interface LesionTexture {
  readonly texture: PlaneWaves;
  readonly nodules: PlaneWaves;
  readonly core: readonly Shape[];
  /** Thickness of a capsule, mm; 0 where there is none. */
  readonly capsuleThickness: number;
}

/** Draws what makes this lesion's pattern its own. */
export function drawLesionTexture(
  random: Random,
  lesionClass: PhantomClass,
  atypical: boolean,
  shape: LesionShape,
): LesionTexture {
  const { radius } = shape;
  const grain = lesionClass === 'hcc' ? ([6, 18] as const) : ([4, 9] as const);
  const texture = drawPlaneWaves(random, 24, grain, 1);
  const nodules = drawPlaneWaves(random, 24, [0.55 * radius + 2, 0.95 * radius + 3], 1);
  const core =
    lesionClass === 'fnh' && !atypical
      ? drawScar(random, shape)
      : lesionClass === 'hcc' && radius > 12 && random.uniform() < 0.4
        ? [drawNecrosis(random, shape)]
        : [];
  // Small HCC have no capsule yet.
  const hasCapsule = lesionClass === 'hcc' && !atypical && radius > 7.5;
  return {
    texture,
    nodules,
    core,
    capsuleThickness: hasCapsule ? Math.max(0.8, Math.min(1.5, 0.085 * radius)) : 0,
  };
}

/** The stellate scar: a knot near the centre, from which septa run out like the spokes of a wheel with a long hub. */
function drawScar(random: Random, { centre, radius }: LesionShape): Shape[] {
  const hub = centre.map((c) => c + random.normal(0, 0.05 * radius)) as unknown as Vector3;
  const onHub = (height: number): Vector3 => [hub[0], hub[1], hub[2] + height * radius];
  const width = Math.max(0.9, 0.15 * radius);
  const shapes: Shape[] = [capsule(onHub(-0.35), onHub(0.35), 1.2 * width, 1.2 * width)];
  const septa = 5 + random.int(3);
  const turn = random.uniform(0, 2 * Math.PI);
  for (let i = 0; i < septa; i++) {
    const angle = turn + (2 * Math.PI * (i + random.uniform(-0.25, 0.25))) / septa;
    const length = radius * random.uniform(0.5, 0.75);
    for (const height of [-0.4, 0, 0.4]) {
      const from = onHub(height * 0.7);
      const to: Vector3 = [
        from[0] + length * Math.cos(angle),
        from[1] + length * Math.sin(angle),
        from[2] + length * height * 0.6,
      ];
      shapes.push(capsule(from, to, width * 0.75, width * 0.3));
    }
  }
  return shapes;
}

function drawNecrosis(random: Random, { centre, radius }: LesionShape): Shape {
  const offset = (factor: number) =>
    drawDirection(random).map(
      (u, i) => (centre[i] as number) + factor * radius * u,
    ) as unknown as Vector3;
  return capsule(offset(0.1), offset(0.4), 0.22 * radius, 0.28 * radius);
}

/** Width over which tissues inside a lesion pass into each other, mm. */
const blur = 0.8;

/**
 * The pattern of a phase, without capsule. Its mean over the lesion is set to the latent value afterwards, so only
 * differences within the lesion matter here.
 */
export function lesionPattern(
  lesionClass: PhantomClass,
  atypical: boolean,
  phase: PhantomPhase,
  latent: CaseEnhancement,
): Pattern {
  const mean = latent.lesion[phase];
  switch (lesionClass) {
    case 'cyst':
      // Old blood settles: a faint level, denser towards the back.
      return atypical
        ? ({ behind, texture }) => mean + 5 * smoothStep(-1, 1, behind) + 2 * texture
        : () => mean;
    case 'fnh': {
      const scar = {
        NC: mean - 8,
        ART: latent.lesion.NC + 6,
        PV: mean - 24,
        DL: mean + 16,
      }[phase];
      return ({ texture, core }) => mix(mean + 3 * texture, scar, inside(core));
    }
    case 'hcc': {
      const grain = { NC: 3, ART: atypical ? 6 : 16, PV: 9, DL: 8 }[phase];
      const dead = latent.lesion.NC - 14;
      return ({ texture, core }) => mix(mean + grain * texture, dead, inside(core));
    }
    case 'hem':
      return ({ texture }) => mean + 3 * texture;
  }
}

/** Whether enhancement starts in nodules at the rim and fills in towards the centre. */
export function fillsIn(
  lesionClass: PhantomClass,
  atypical: boolean,
  phase: PhantomPhase,
): boolean {
  return lesionClass === 'hem' && !atypical && phase !== 'NC';
}

/**
 * Order in which the voxels of a haemangioma fill: highest first. Nodules near the rim come before the rest of the rim,
 * the centre comes last; the same order in every phase, so that what has filled stays filled.
 */
export function fillingOrder({ depth, nodules }: TissuePoint): number {
  return 1.5 * smoothStep(0.3, 0.85, depth) + 0.8 * depth + 0.5 * nodules;
}

/** HU of the capsule of an HCC, thin and dark at first, brighter than the liver once it has enhanced. */
export function capsuleValue(phase: PhantomPhase, { lesion, liver }: CaseEnhancement): number {
  const late = Math.max(liver[phase] + 30, lesion[phase] + 35);
  return { NC: lesion.NC - 4, ART: lesion.ART - 12, PV: late, DL: late }[phase];
}

/** 1 in the outermost `thickness` mm of the lesion. */
export function shell(depth: number, radius: number, thickness: number): number {
  const below = (1 - depth) * radius;
  return 1 - smoothStep(thickness - blur / 2, thickness + blur / 2, below);
}

function inside(distance: number): number {
  return 1 - smoothStep(-blur / 2, blur / 2, distance);
}

export function mix(a: number, b: number, share: number): number {
  return a + share * (b - a);
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothStep(from: number, to: number, value: number): number {
  const t = Math.max(0, Math.min(1, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}
