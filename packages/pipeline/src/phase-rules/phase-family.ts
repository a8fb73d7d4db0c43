import { contrastPhases, type PhaseGuess } from './phase-guess.js';

interface Family {
  readonly shown: string;
  readonly names: readonly RegExp[];
}

/** Names that mean a phase only beside their kind; in the order of {@link contrastPhases}. */
const families: readonly Family[] = [
  { shown: 'P, C1, C2, C3', names: [/^p$/i, /^c1$/i, /^c2$/i, /^c3$/i] },
  { shown: '0 to 3', names: [/^0$/, /^1$/, /^2$/, /^3$/] },
  { shown: 'CT_1 to CT_4', names: [/^ct_?1$/i, /^ct_?2$/i, /^ct_?3$/i, /^ct_?4$/i] },
  {
    shown: 'phase 1 to 4',
    names: [/^ph(ase)?_?1$/i, /^ph(ase)?_?2$/i, /^ph(ase)?_?3$/i, /^ph(ase)?_?4$/i],
  },
];

/**
 * Phases of short names that only a set of them explains (`0_scan` alone could be anything). The
 * names are those of one study, without what they share; at least three of a family must be there,
 * or all names be of it with the native one among two.
 */
export function phasesByFamily(names: readonly string[]): Map<string, PhaseGuess> {
  for (const { shown, names: patterns } of families) {
    const found = patterns.map((pattern) => names.find((name) => pattern.test(name)));
    const count = found.filter((name) => name !== undefined).length;
    if (count < 3 && !(count === 2 && names.length === 2 && found[0] !== undefined)) continue;
    const guesses = new Map<string, PhaseGuess>();
    found.forEach((name, i) => {
      if (name === undefined) return;
      guesses.set(name, {
        phase: contrastPhases[i] as string,
        reason: `its name is number ${i + 1} of the set ${shown}`,
        confidence: count === 4 ? 0.8 : 0.7,
        source: 'name',
      });
    });
    return guesses;
  }
  return new Map();
}
