import { join } from 'node:path';
import { makeVolume, type VoxelData, writeVolume } from '../volume/index.js';
import type { CasePlan } from './cohort-plan.js';
import type { PhantomPhase } from './enhancement.js';
import { type RenderOptions, renderCase } from './render-case.js';
import type { CaseTruth } from './truth.js';

/** Paths of a case's files, relative to the cohort's folder. */
export function caseFiles(id: string, phases: readonly PhantomPhase[]) {
  const byPhase = (path: (phase: PhantomPhase) => string) =>
    Object.fromEntries(phases.map((phase) => [phase, path(phase)]));
  return {
    images: byPhase((phase) => `images/${id}/${phase}.nii.gz`),
    lesionMasks: byPhase((phase) => `masks/${id}/lesion-${phase}.nii.gz`),
    liver: `masks/${id}/liver.nii.gz`,
    seeds: `masks/${id}/seeds.nii.gz`,
  };
}

/** Renders a case and writes its volumes below `out`. */
export async function writeCase(
  out: string,
  plan: CasePlan,
  options: RenderOptions,
): Promise<CaseTruth> {
  const { model, images, lesionMasks, liverMask, seeds } = renderCase(plan, options);
  const files = caseFiles(plan.id, options.phases);
  const write = (file: string, data: VoxelData) =>
    writeVolume(join(out, file), makeVolume(model.grid, data));
  const writes: Promise<void>[] = [write(files.liver, liverMask), write(files.seeds, seeds)];
  options.phases.forEach((phase, p) => {
    writes.push(write(files.images[phase] as string, images[p] as Int16Array));
    writes.push(write(files.lesionMasks[phase] as string, lesionMasks[p] as Uint8Array));
  });
  await Promise.all(writes);
  const { spacing } = model.grid;
  const reference = lesionMasks[options.phases.indexOf('PV')] as Uint8Array;
  const voxels = reference.reduce((sum, value) => sum + value, 0);
  const { NC, ART, DL } = model.deformations;
  return {
    id: plan.id,
    patient: plan.patient,
    class: plan.class,
    atypical: plan.atypical,
    lesion: {
      centre: model.lesion.shape.centre,
      diameter: model.diameter,
      volume: (voxels * spacing[0] * spacing[1] * spacing[2]) / 1000,
    },
    enhancement: model.latent,
    noiseStandardDeviation: model.noiseStandardDeviation,
    deformations: Object.fromEntries(
      Object.entries({ NC, ART, DL }).filter(([phase]) =>
        options.phases.some((used) => used === phase),
      ),
    ),
    seeds: files.seeds,
  };
}
