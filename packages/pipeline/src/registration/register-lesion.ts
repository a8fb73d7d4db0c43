import { FlcError } from '@flc-native/errors';
import { runCaseTasks } from '../case/case-pool.js';
import { requireVolumes } from '../prepare/prepare-lesion.js';
import { lesionRegistration, type MovedLesion, type RegisterLesionInput } from './move-lesion.js';

/**
 * The input of `prepareLesion` with its phases and their masks moved onto the reference phase, in memory, as
 * `prepareDataset` does from files. Works on a thread of its own, so the caller's goes on. Returned as it is where the
 * options do not register. Rejects with FlcError; with CANCELLED as soon as the signal fires.
 */
export async function registerLesion(
  input: RegisterLesionInput,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<RegisterLesionInput & { readonly warnings: readonly string[] }> {
  if (lesionRegistration(input) === undefined) return { ...input, warnings: [] };
  requireVolumes(input);
  let outcome: unknown;
  await runCaseTasks([{ kind: 'move-lesion', input }], {
    workers: 1,
    signal,
    onOutcome: (_, result) => {
      outcome = result;
    },
  });
  if (outcome instanceof FlcError) throw outcome;
  const { phases, phaseMasks, warnings } = outcome as MovedLesion;
  return { ...input, phases, ...(input.phaseMasks && { phaseMasks }), warnings };
}
