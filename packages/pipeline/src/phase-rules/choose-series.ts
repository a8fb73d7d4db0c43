import type { PhaseCandidate } from './assign-phases.js';
import type { RuleGuess } from './phase-by-rule.js';
import type { PhaseGuess } from './phase-guess.js';

/** Kernels for bone and lung: sharp, noisy. Siemens B60 and more, GE BONE, LUNG, EDGE, Philips YC, D. */
const sharpKernel = /^([bi][a-z]?[67]\d|bone|lung|edge|yc|ye|d)/i;
/** Slices of this thickness are what reading rooms use, mm. */
const usualThickness = 5;

/**
 * One image for each phase. A study often holds a phase several times (thin slices, a sharp
 * kernel, an early arterial scan). True for the chosen one, the reason why not for another,
 * undefined for one without a phase.
 */
export function chooseSeries(
  candidates: readonly PhaseCandidate[],
  guesses: readonly PhaseGuess[],
  rules: readonly RuleGuess[],
): (true | string | undefined)[] {
  const chosen: (true | string | undefined)[] = candidates.map(() => undefined);
  const phases = new Set(guesses.flatMap(({ phase }) => phase ?? []));
  for (const phase of phases) {
    const same = guesses.flatMap((guess, i) => (guess.phase === phase ? [i] : []));
    const ranked = same.map((i) => ({ i, rank: rankOf(candidates[i], guesses[i], rules[i]) }));
    ranked.sort((a, b) => compare(b.rank, a.rank) || a.i - b.i);
    ranked.forEach(({ i, rank }, place) => {
      chosen[i] = place === 0 ? true : lessThan(rank, ranked[0]?.rank as readonly number[], phase);
    });
  }
  return chosen;
}

const reasons = [
  'another image was named for it',
  'another is late arterial',
  'another has a kernel for soft tissue',
  'another is surer',
  'another covers more slices',
  'another has slices nearer to 5 mm',
] as const;

function rankOf(
  candidate: PhaseCandidate | undefined,
  guess: PhaseGuess | undefined,
  rule: RuleGuess | undefined,
): readonly number[] {
  const { kernel, slices = 0, thickness } = candidate ?? {};
  return [
    guess?.source === 'user' ? 1 : 0,
    rule?.early === true ? 0 : 1,
    kernel !== undefined && sharpKernel.test(kernel.trim()) ? 0 : 1,
    Math.round(5 * (guess?.confidence ?? 0)),
    // Covered length, to the centimetre: thin slices are many but cover no more.
    Math.round((slices * (thickness ?? 1)) / 20),
    thickness === undefined ? -99 : -Math.abs(thickness - usualThickness),
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((v, i) => v !== b[i]);
  return at < 0 ? 0 : (a[at] as number) - (b[at] as number);
}

function lessThan(rank: readonly number[], best: readonly number[], phase: string): string {
  const at = rank.findIndex((v, i) => v !== best[i]);
  return `not taken for ${phase}: ${at < 0 ? 'another came first' : reasons[at]}`;
}
