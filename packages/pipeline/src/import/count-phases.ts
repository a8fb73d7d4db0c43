import type { PhasedCase } from './assemble-dataset.js';

/** Phase -> cases that have it. */
export function countPhases(cases: readonly PhasedCase[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { byPhase } of cases) {
    for (const phase of byPhase.keys()) counts.set(phase, (counts.get(phase) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}
