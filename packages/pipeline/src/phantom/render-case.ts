import { FlcError } from '@flc-native/errors';
import { type Random, randomStream } from '../random/index.js';
import { type Grid, type Vector3, voxelCount } from '../volume/index.js';
import { correlatedNoise, type FineGrid, smoothInPlane, thickSlices } from './acquisition.js';
import { type Anatomy, drawAnatomy, type Organ } from './anatomy.js';
import {
  croppedGrid,
  croppedSize,
  drawLesionCentre,
  drawSpacing,
  fineGridOf,
  fullGrid,
} from './case-geometry.js';
import type { CasePlan } from './cohort-plan.js';
import { type Deformation, drawDeformation, scaledDeformation } from './deformation.js';
import { type CaseEnhancement, drawEnhancement, type PhantomPhase } from './enhancement.js';
import { drawLesionTexture } from './lesion-pattern.js';
import { drawDiameter, drawLesionShape } from './lesion-shape.js';
import { blendLesion, type Lesion, type LesionTissue, lesionTissue } from './lesion-tissue.js';
import { type Canvas, forEachRow, paint } from './paint.js';
import { drawSeeds } from './seeds.js';
import { tissueEnhancement } from './tissues.js';
import { warp } from './warp.js';

export interface RenderOptions {
  readonly seed: number;
  readonly phases: readonly PhantomPhase[];
  /** 512 x 512 and the whole liver. */
  readonly full: boolean;
  /** Size of a cropped case; 160 x 160 x 24 if left out. */
  readonly size?: Vector3 | undefined;
  /** Spacing of every case, mm; drawn if left out. */
  readonly spacing?: Vector3 | undefined;
  /** Factor of the deformations between phases; 1 if left out. */
  readonly motion?: number | undefined;
}

/** Everything about a case before the scanner sees it. */
export interface CaseModel {
  readonly plan: CasePlan;
  readonly grid: Grid;
  readonly fine: FineGrid;
  readonly anatomy: Anatomy;
  readonly lesion: Lesion;
  readonly diameter: number;
  readonly latent: CaseEnhancement;
  /** Undefined for PV, the reference. */
  readonly deformations: Readonly<Record<PhantomPhase, Deformation | undefined>>;
  readonly noiseStandardDeviation: number;
}

export interface RenderedCase {
  readonly model: CaseModel;
  /** HU by phase, as acquired. */
  readonly images: readonly Int16Array[];
  /** The lesion by phase, as acquired. */
  readonly lesionMasks: readonly Uint8Array[];
  /** The liver with its lesion and vessels in PV. */
  readonly liverMask: Uint8Array;
  /** 1 lesion, 2 surroundings, in PV. */
  readonly seeds: Uint8Array;
}

/** Standard deviation of the scanner's blur and of the noise's grain, pixels. */
export const blurSigma = 0.6;
export const noiseSigma = 0.9;

/** Draws a case. Every draw comes from a stream of the cohort's seed and the case's number alone. */
export function drawCase(plan: CasePlan, options: RenderOptions): CaseModel {
  const stream = (name: string): Random => randomStream(options.seed, `case/${plan.index}/${name}`);
  const anatomy = drawAnatomy(stream('anatomy'));
  const shapeRandom = stream('lesion');
  const diameter = drawDiameter(shapeRandom, plan.class, plan.atypical);
  const centre = drawLesionCentre(shapeRandom, anatomy, diameter / 2);
  const shape = drawLesionShape(shapeRandom, plan.class, diameter, centre);
  const texture = drawLesionTexture(stream('texture'), plan.class, plan.atypical, shape);
  const scanner = stream('scanner');
  const drawn = drawSpacing(scanner, options.full);
  const spacing = options.spacing ?? drawn;
  const grid = options.full
    ? fullGrid(spacing, anatomy)
    : croppedGrid(scanner, options.size ?? croppedSize, spacing, centre);
  const deformation = (phase: PhantomPhase) =>
    scaledDeformation(drawDeformation(stream(`deformation/${phase}`)), options.motion ?? 1);
  const deformations = {
    NC: deformation('NC'),
    ART: deformation('ART'),
    PV: undefined,
    DL: deformation('DL'),
  };
  return {
    plan,
    grid,
    // Of every phase, so that a fourth one does not change the others.
    fine: fineGridOf(grid, [deformations.NC, deformations.ART, deformations.DL]),
    anatomy,
    lesion: { class: plan.class, atypical: plan.atypical, shape, texture },
    diameter,
    latent: drawEnhancement(stream('enhancement'), plan.class, plan.atypical),
    deformations,
    noiseStandardDeviation: scanner.uniform(10, 15),
  };
}

/** The anatomy of PV on the fine grid, without blur and noise. */
export interface Anatomical {
  readonly canvas: Canvas;
  /** Share of each fine voxel that is liver. */
  readonly liver: Float32Array;
  readonly lesion: LesionTissue;
  /** Share of each fine voxel that is lesion. */
  readonly lesionFraction: Float32Array;
}

/** Paints organs, liver, vessels and lesion. */
export function renderAnatomy(model: CaseModel, phases: readonly PhantomPhase[]): Anatomical {
  const { grid } = model.fine;
  const { anatomy, latent } = model;
  const n = voxelCount(grid.size);
  const canvas: Canvas = { grid, phases: trunkVolumes(model, phases) };
  const liver = new Float32Array(n);
  const edge = grid.spacing[0];
  const paintOrgan = (
    { tissue, shape }: Organ,
    masks: { within?: Float32Array; carve?: Float32Array },
  ) => {
    const values = tissueEnhancement(tissue, latent);
    paint(
      canvas,
      shape,
      phases.map((phase) => values[phase]),
      { edge, ...masks },
    );
  };
  for (const organ of anatomy.background) paintOrgan(organ, {});
  paint(
    canvas,
    anatomy.liver,
    phases.map((phase) => latent.liver[phase]),
    {
      edge,
      texture: anatomy.liverTexture,
      fraction: liver,
    },
  );
  for (const organ of anatomy.vessels) paintOrgan(organ, { within: liver });
  for (const organ of anatomy.foreground) paintOrgan(organ, { carve: liver });
  const lesion = lesionTissue(model.lesion, latent, phases, grid);
  if (lesion === undefined)
    throw new FlcError('INTERNAL', 'The lesion lies outside of its own grid');
  blendLesion(grid, canvas.phases, lesion);
  const lesionFraction = new Float32Array(n);
  spread(grid, lesion, lesionFraction);
  return { canvas, liver, lesion, lesionFraction };
}

/** Volumes of air with the trunk, painted once and repeated in every slice. */
function trunkVolumes({ fine, anatomy, latent }: CaseModel, phases: readonly PhantomPhase[]) {
  const { size, spacing } = fine.grid;
  const grid: Grid = { ...fine.grid, size: [size[0], size[1], 1] };
  const slices = phases.map(() => new Float32Array(voxelCount(grid.size)).fill(-1000));
  for (const { tissue, shape } of anatomy.trunk) {
    const values = tissueEnhancement(tissue, latent);
    const hu = phases.map((phase) => values[phase]);
    paint({ grid, phases: slices }, shape, hu, { edge: spacing[0] });
  }
  return slices.map((slice) => {
    const volume = new Float32Array(voxelCount(size));
    for (let z = 0; z < size[2]; z++) volume.set(slice, z * slice.length);
    return volume;
  });
}

/** Renders a case as the scanner would give it. */
export function renderCase(plan: CasePlan, options: RenderOptions): RenderedCase {
  const { phases } = options;
  const model = drawCase(plan, options);
  const { size } = model.grid;
  const { canvas, liver, lesion, lesionFraction } = renderAnatomy(model, phases);
  const images: Int16Array[] = [];
  const lesionMasks: Uint8Array[] = [];
  phases.forEach((phase, p) => {
    const deformation = model.deformations[phase];
    const still = canvas.phases[p] as Float32Array;
    const moved = deformation === undefined ? still : warp(still, canvas.grid, deformation);
    const noise = correlatedNoise(
      randomStream(options.seed, `case/${plan.index}/noise/${phase}`),
      size as [number, number, number],
      model.noiseStandardDeviation,
      noiseSigma,
    );
    images.push(toImage(moved, model, noise));
    const fraction =
      deformation === undefined
        ? lesionFraction
        : warp(lesionFraction, canvas.grid, deformation, grown(lesion, model));
    lesionMasks.push(toMask(thickSlices(fraction, model.fine, size as [number, number, number])));
  });
  const reference = toMask(
    thickSlices(lesionFraction, model.fine, size as [number, number, number]),
  );
  const liverMask = toMask(thickSlices(liver, model.fine, size as [number, number, number]));
  for (let i = 0; i < liverMask.length; i++)
    liverMask[i] = (liverMask[i] as number) | (reference[i] as number);
  const seeds = drawSeeds(
    randomStream(options.seed, `case/${plan.index}/seeds`),
    model.grid,
    model.lesion.shape,
    reference,
    liverMask,
  );
  return { model, images, lesionMasks, liverMask, seeds };
}

/** Partial volume, blur and noise. */
function toImage(
  fine: Float32Array,
  { fine: fineGrid, grid }: CaseModel,
  noise: Float32Array,
): Int16Array {
  const [nx, ny, nz] = grid.size;
  const slices = smoothInPlane(thickSlices(fine, fineGrid, [nx, ny, nz]), nx, ny, blurSigma);
  const image = new Int16Array(slices.length);
  for (let i = 0; i < image.length; i++) {
    const value = Math.round((slices[i] as number) + (noise[i] as number));
    image[i] = Math.max(-1024, Math.min(3071, value));
  }
  return image;
}

/** Voxels that are at least half lesion; a lesion thinner than a slice keeps its fullest voxels. */
function toMask(fraction: Float32Array): Uint8Array {
  let most = 0;
  for (const value of fraction) if (value > most) most = value;
  const threshold = Math.min(0.5, most / 2);
  const mask = new Uint8Array(fraction.length);
  for (let i = 0; i < mask.length; i++) {
    const share = fraction[i] as number;
    if (share > 0 && share >= threshold) mask[i] = 1;
  }
  return mask;
}

function spread(grid: Grid, { box, fraction }: LesionTissue, out: Float32Array): void {
  const n = box[1][0] - box[0][0];
  let at = 0;
  forEachRow(grid, box, (offset) => {
    out.set(fraction.subarray(at, at + n), offset);
    at += n;
  });
}

/** The lesion's box with room for its movement. */
function grown({ box }: LesionTissue, { fine }: CaseModel): LesionTissue['box'] {
  const lower = box[0].map((v, axis) => Math.max(0, v - (fine.margin[axis] as number)));
  const upper = box[1].map((v, axis) =>
    Math.min(fine.grid.size[axis] as number, v + (fine.margin[axis] as number)),
  );
  return [lower as unknown as Vector3, upper as unknown as Vector3];
}
