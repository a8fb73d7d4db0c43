import type { PhaseCandidate } from './assign-phases.js';
import { contrastGiven, type RuleGuess } from './phase-by-rule.js';
import { contrastPhases, type PhaseGuess } from './phase-guess.js';

/** Sure enough that others may be placed by it. */
const anchor = 0.6;

function orderOf(phase: string | null): number {
  return (contrastPhases as readonly (string | null)[]).indexOf(phase);
}

/**
 * Images that neither text nor voxels decide, by what must hold in one study: phases follow each
 * other in the order of enhancement, and what precedes the contrast agent is native. Only where
 * exactly one phase is left for an image.
 */
export function phasesByOrder(
  candidates: readonly PhaseCandidate[],
  guesses: readonly PhaseGuess[],
  rules: readonly RuleGuess[],
): PhaseGuess[] {
  const agents = candidates.map(({ facts }) => contrastGiven(facts.contrastAgent));
  const someWith = agents.some((agent) => agent === true);
  return guesses.map((guess, i) => {
    const candidate = candidates[i] as PhaseCandidate;
    if (guess.confidence >= 0.3 || rules[i]?.excluded === true) return guess;
    if (candidate.given !== undefined) return guess;
    const sure = guesses.flatMap((other, k) => {
      const at = candidates[k]?.acquiredAt;
      const order = orderOf(other.phase);
      const usable = k !== i && order >= 0 && other.confidence >= anchor && at !== undefined;
      return usable ? [{ order, at }] : [];
    });
    const taken = new Set(sure.map(({ order }) => order));
    if (someWith && agents[i] !== true && candidate.facts.contrastAgent !== undefined) {
      return taken.has(0) ? guess : byOrder('NC', 'the only scan without a contrast agent', 0.7);
    }
    const { acquiredAt } = candidate;
    if (acquiredAt === undefined || sure.length === 0) return guess;
    const above = Math.max(
      -1,
      ...sure.filter(({ at }) => at < acquiredAt).map(({ order }) => order),
    );
    const below = Math.min(
      4,
      ...sure.filter(({ at }) => at > acquiredAt).map(({ order }) => order),
    );
    const possible = contrastPhases.filter((_, k) => k > above && k < below && !taken.has(k));
    const [only, ...more] = possible;
    if (only === undefined || more.length > 0) return guess;
    return byOrder(only, 'the only phase that its place in the order of acquisition leaves', 0.65);
  });
}

function byOrder(phase: string, reason: string, confidence: number): PhaseGuess {
  return { phase, reason, confidence, source: 'order' };
}

/**
 * Two images that the voxels call portal venous (or delayed) although they were taken one after the
 * other: the later is the delayed one. Times decide, and without them nothing does.
 */
export function resolveByOrder(
  candidates: readonly PhaseCandidate[],
  guesses: readonly PhaseGuess[],
): PhaseGuess[] {
  const result = [...guesses];
  const venous = guesses.flatMap((guess, i) => {
    const at = candidates[i]?.acquiredAt;
    const open = guess.source === 'image' && (guess.phase === 'PV' || guess.phase === 'DL');
    return open && at !== undefined ? [{ i, at }] : [];
  });
  const others = guesses.some(
    (guess, i) => (guess.phase === 'PV' || guess.phase === 'DL') && !venous.some((v) => v.i === i),
  );
  const phases = new Set(venous.map(({ i }) => guesses[i]?.phase));
  if (others || venous.length !== 2 || phases.size !== 1) return result;
  const [first, second] = venous.sort((a, b) => a.at - b.at) as [
    { i: number; at: number },
    { i: number; at: number },
  ];
  // Two reconstructions of one scan, or nearly, are no two phases.
  if (second.at - first.at < 30) return result;
  for (const [{ i }, phase, place] of [
    [first, 'PV', 'earlier'],
    [second, 'DL', 'later'],
  ] as const) {
    const guess = guesses[i] as PhaseGuess;
    const reason = `${guess.reason}; the ${place} of two venous scans ${Math.round(second.at - first.at)} s apart`;
    result[i] = { ...guess, phase, reason, confidence: Math.max(guess.confidence, 0.65) };
  }
  return result;
}
