/** Contrast phases in the order of enhancement: native, arterial, portal venous, delayed. */
export const contrastPhases = ['NC', 'ART', 'PV', 'DL'] as const;
export type ContrastPhase = (typeof contrastPhases)[number];

/** Where a decision comes from, the strongest first. */
export type GuessSource = 'user' | 'layout' | 'name' | 'description' | 'order' | 'image' | 'none';

/**
 * What is thought of one image. `phase` is one of {@link contrastPhases}, a sequence of MR
 * (`T2WI`, `InPhase` ...), a name that the user chose, or null where nothing can be said.
 */
export interface PhaseGuess {
  readonly phase: string | null;
  /** Why, in words that may be shown anywhere: never a path, a name or free text of a header. */
  readonly reason: string;
  /** 0 (a guess in the dark) to 1 (said by the user or the data set's documentation). */
  readonly confidence: number;
  readonly source: GuessSource;
}

/** Nothing can be said. */
export function noGuess(reason: string): PhaseGuess {
  return { phase: null, reason, confidence: 0, source: 'none' };
}
