import type { PhaseGuess } from '../../phase-rules/phase-guess.js';

/** The phase that a data set's documentation states for a file. */
export function documented(phase: string): PhaseGuess {
  return { phase, reason: "the data set's layout says so", confidence: 1, source: 'layout' };
}
