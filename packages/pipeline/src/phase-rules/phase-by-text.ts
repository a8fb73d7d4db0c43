import { noGuess, type PhaseGuess } from './phase-guess.js';
import {
  contrastWords,
  normalizeText,
  notAPhase,
  sequenceWords,
  statedDelay,
} from './phase-words.js';

/** What a text says of the phase; `excluded` for scouts, reports and projections. */
export interface TextGuess extends PhaseGuess {
  readonly excluded: boolean;
  /** Early and late arterial are both arterial; where a study has both, the late one is taken. */
  readonly early: boolean;
}

/** Seconds after injection; outside of these a stated delay says nothing. */
const delays = [
  { phase: 'ART', from: 15, to: 50 },
  { phase: 'PV', from: 55, to: 100 },
  { phase: 'DL', from: 120, to: 1200 },
] as const;

/**
 * The phase that a name or description states. Words of two phases in one text ("arterial and
 * portal venous") decide nothing. `what` tells in the reason where the text stands.
 */
export function phaseByText(text: string, what: string, modality: 'CT' | 'MR' = 'CT'): TextGuess {
  const plain = normalizeText(text);
  const early = / (early|fruh|frueh|fruharteriell|frueharteriell|eap|precoce|temprana) /u.test(
    plain,
  );
  if (notAPhase.test(plain)) {
    const reason = `${what} names no phase but a scout, a report or a reformation`;
    return { ...noGuess(reason), excluded: true, early };
  }
  const words = modality === 'MR' ? [...sequenceWords, ...contrastWords] : contrastWords;
  const hits = words.filter(({ pattern }) => pattern.test(plain));
  const strong = hits.filter(({ qualifier }) => qualifier !== true);
  const decisive = strong.length > 0 ? strong : hits;
  const phases = new Set(decisive.map(({ phase }) => phase));
  const late = hits.some(({ qualifier }) => qualifier === true);
  if (phases.size === 1) {
    const best = decisive.reduce((a, b) => (b.confidence > a.confidence ? b : a));
    // "Late venous" is between portal venous and delayed.
    const unsure = late && best.phase === 'PV' ? 0.6 : 1;
    return {
      phase: best.phase,
      reason: `${what} says "${best.shown}"`,
      confidence: best.confidence * unsure,
      source: 'description',
      excluded: false,
      early,
    };
  }
  if (phases.size > 1) {
    const names = [...phases].join(' and ');
    return { ...noGuess(`${what} names ${names} together`), excluded: false, early };
  }
  return { ...guessFromDelay(plain, what), excluded: false, early };
}

function guessFromDelay(plain: string, what: string): PhaseGuess {
  const seconds = statedDelay(plain);
  const found = delays.find(
    ({ from, to }) => seconds !== undefined && seconds >= from && seconds <= to,
  );
  if (found === undefined) return noGuess(`${what} names no phase`);
  const reason = `${what} states ${seconds} s after the injection`;
  return { phase: found.phase, reason, confidence: 0.75, source: 'description' };
}
