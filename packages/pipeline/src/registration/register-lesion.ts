import type { PrepareLesionInput } from '../prepare/prepare-lesion.js';
import { registrationMethod, resolvePrepareOptions } from '../prepare/prepare-options.js';
import { reorientToLps } from '../volume/geometry.js';
import type { Volume } from '../volume/volume.js';
import { carryPhase } from './carry-phase.js';
import { resolveRegistration } from './registration-settings.js';

/**
 * The input of `prepareLesion` with its phases and their masks moved onto the reference phase, in memory, as
 * `prepareDataset` does from files. Returned as it is where the options do not register. Rejects with FlcError.
 */
export async function registerLesion(
  input: PrepareLesionInput & { readonly modality?: 'CT' | 'MR' },
): Promise<PrepareLesionInput & { readonly warnings: readonly string[] }> {
  const options = resolvePrepareOptions(input.options);
  const method = registrationMethod(options.align);
  const reference = input.reference ?? input.phases.length - 1;
  const fixed = input.phases[reference];
  // prepareLesion says what is wrong with a missing reference.
  if (method === undefined || fixed === undefined) return { ...input, warnings: [] };
  const settings = resolveRegistration(options.registration);
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
  const moved = input.phaseMasks === undefined ? {} : { phaseMasks };
  return { ...input, phases, ...moved, warnings };
}
