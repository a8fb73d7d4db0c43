import { join } from 'node:path';
import { makeVolume, type VoxelData, writeVolume } from '../volume/index.js';
import type { CasePlan } from './cohort-plan.js';
import { writePhantomMask, writePhantomSeries } from './dicom-case.js';
import type { PhantomPhase } from './enhancement.js';
import { type RenderOptions, renderCase } from './render-case.js';
import type { CaseTruth } from './truth.js';

export interface WriteOptions extends RenderOptions {
  /** Series and segmentations instead of NIfTI; seeds stay NIfTI. */
  readonly dicom?: boolean | undefined;
}

/** Paths of a case's files, relative to the cohort's folder; a DICOM series is a folder. */
export function caseFiles(id: string, phases: readonly PhantomPhase[], dicom = false) {
  const byPhase = (path: (phase: PhantomPhase) => string) =>
    Object.fromEntries(phases.map((phase) => [phase, path(phase)]));
  const mask = (name: string) => `masks/${id}/${name}${dicom ? '.dcm' : '.nii.gz'}`;
  return {
    images: byPhase((phase) => `images/${id}/${phase}${dicom ? '' : '.nii.gz'}`),
    lesionMasks: byPhase((phase) => mask(`lesion-${phase}`)),
    liver: mask('liver'),
    seeds: `masks/${id}/seeds.nii.gz`,
  };
}

/** Renders a case and writes its volumes below `out`. */
export async function writeCase(
  out: string,
  plan: CasePlan,
  options: WriteOptions,
): Promise<CaseTruth> {
  const { model, images, lesionMasks, liverMask, seeds } = renderCase(plan, options);
  const { dicom = false, phases, seed } = options;
  const { grid } = model;
  const files = caseFiles(plan.id, phases, dicom);
  const dicomCase = { plan, seed, grid };
  const write = (file: string, data: VoxelData) =>
    writeVolume(join(out, file), makeVolume(grid, data));
  const writeMask = (file: string, name: string, phase: PhantomPhase, mask: Uint8Array) =>
    dicom ? writePhantomMask(join(out, file), dicomCase, { name, phase }, mask) : write(file, mask);
  const writes = [writeMask(files.liver, 'liver', 'PV', liverMask), write(files.seeds, seeds)];
  phases.forEach((phase, p) => {
    const image = images[p] as Int16Array;
    const folder = files.images[phase] as string;
    writes.push(
      dicom ? writePhantomSeries(join(out, folder), dicomCase, phase, image) : write(folder, image),
      writeMask(
        files.lesionMasks[phase] as string,
        `lesion-${phase}`,
        phase,
        lesionMasks[p] as Uint8Array,
      ),
    );
  });
  await Promise.all(writes);
  const { spacing } = grid;
  const reference = lesionMasks[phases.indexOf('PV')] as Uint8Array;
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
      Object.entries({ NC, ART, DL }).filter(([phase]) => phases.some((used) => used === phase)),
    ),
    seeds: files.seeds,
  };
}
