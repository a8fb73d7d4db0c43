import type { CaseJob } from '../case/case-job.js';
import type { ReadPart } from '../case/read-part.js';
import type { Volume } from '../volume/volume.js';
import { carryPhase } from './carry-phase.js';
import { readPair } from './register-phase.js';
import type { RegistrationMethod, RegistrationSettings } from './registration-settings.js';

/** A case whose phases lie on the grid of its reference phase. */
export interface RegisteredCase {
  /** In the order of the phases. */
  readonly phases: readonly Volume[];
  /** For each phase its masks by lesion; none for the reference. */
  readonly masks: readonly ReadonlyMap<string, Volume>[];
  readonly warnings: readonly string[];
}

/**
 * Moves all phases of a case, with their masks, onto the reference phase. Transforms, pictures and records of quality are
 * kept in `transforms`, and taken from there where they fit. Rejects with FlcError.
 */
export async function registerCase(
  job: CaseJob,
  read: ReadPart,
  method: RegistrationMethod,
  settings: RegistrationSettings,
  transforms: string,
): Promise<RegisteredCase> {
  const phases: Volume[] = [];
  const masks: ReadonlyMap<string, Volume>[] = [];
  const warnings: string[] = [];
  for (const index of job.phases.keys()) {
    const pair = await readPair(job, index, read);
    if (index === job.reference) {
      phases.push(pair.fixed);
      masks.push(new Map());
      continue;
    }
    const { caseId, modality } = job;
    const carried = await carryPhase({ ...pair, caseId, modality, method, settings }, transforms);
    phases.push(carried.image);
    masks.push(carried.masks);
    warnings.push(...carried.quality.warnings.map((text) => `phase ${pair.phase}: ${text}`));
  }
  return { phases, masks, warnings };
}
