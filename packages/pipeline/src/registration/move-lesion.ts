import type { PrepareLesionInput } from '../prepare/prepare-lesion.js';
import { resolvePrepareOptions } from '../prepare/prepare-options.js';
import { reorientToLps } from '../volume/geometry.js';
import type { Volume } from '../volume/volume.js';
import { carryPhase } from './carry-phase.js';
import { registrationMethod, resolveRegistration } from './registration-settings.js';

export type RegisterLesionInput = PrepareLesionInput & { readonly modality?: 'CT' | 'MR' };

/** What moving a lesion's phases takes besides its volumes; undefined where nothing is to be moved. */
export function lesionRegistration({ options, phases, reference }: RegisterLesionInput) {
  const resolved = resolvePrepareOptions(options);
  const method = registrationMethod(resolved.align);
  const index = reference ?? phases.length - 1;
  const fixed = phases[index];
  // prepareLesion says what is wrong with a missing reference.
  if (method === undefined || fixed === undefined) return undefined;
  return { method, fixed, reference: index, settings: resolveRegistration(resolved.registration) };
}

export interface MovedLesion {
  readonly phases: readonly Volume[];
  readonly phaseMasks: readonly (Volume | undefined)[];
  readonly warnings: readonly string[];
}

/** Moves the phases of a lesion and their masks onto its reference phase, in this thread. Rejects with FlcError. */
export async function moveLesion(input: RegisterLesionInput): Promise<MovedLesion> {
  const registration = lesionRegistration(input);
  if (registration === undefined) {
    return { phases: input.phases, phaseMasks: input.phaseMasks ?? [], warnings: [] };
  }
  const { method, fixed, reference, settings } = registration;
  const phases: Volume[] = [];
  const phaseMasks: (Volume | undefined)[] = [];
  const warnings: string[] = [];
  const lps = (volume: Volume | undefined) => volume && reorientToLps(volume);
  for (const [i, moving] of input.phases.entries()) {
    const mask = input.phaseMasks?.[i];
    if (i === reference) {
      phases.push(moving);
      phaseMasks.push(mask);
      continue;
    }
    const carried = await carryPhase({
      ...{ caseId: '', phase: String(i), modality: input.modality ?? 'CT', method, settings },
      fixed: reorientToLps(fixed),
      moving: reorientToLps(moving),
      liver: lps(input.liver),
      lesions: [{ key: 'lesion-1', label: input.label, fixed: lps(input.mask), moving: lps(mask) }],
    });
    phases.push(carried.image);
    phaseMasks.push(carried.masks.get('lesion-1'));
    warnings.push(...carried.quality.warnings.map((text) => `phase ${i}: ${text}`));
  }
  return { phases, phaseMasks, warnings };
}
