import { FlcError } from '@flc-native/errors';
import type { PhasedCase } from './assemble-dataset.js';
import { countPhases } from './count-phases.js';

/** Refuses phases that the user wants and no case has: all cases would be set apart. INVALID_CONFIG. */
export function checkPhases(cases: readonly PhasedCase[], wanted: readonly string[]): void {
  const found = countPhases(cases);
  const absent = wanted.filter((phase) => !(phase in found));
  if (absent.length === 0) return;
  const list = Object.entries(found).map(([phase, count]) => `${phase} (${count})`);
  throw new FlcError('INVALID_CONFIG', `no case has the phase ${absent.join(', ')}`, {
    details: { found, cases: cases.length },
    remedy:
      list.length === 0
        ? 'no phase was found in any case: tell them with --phase <phase>=<pattern>'
        : `found: ${list.join(', ')}; change --phases, or tell the phase with --phase ${absent[0]}=<pattern>`,
  });
}
