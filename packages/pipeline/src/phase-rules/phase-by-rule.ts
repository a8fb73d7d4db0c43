import { phaseByText, type TextGuess } from './phase-by-text.js';
import { noGuess, type PhaseGuess } from './phase-guess.js';

/** What is known of an image without looking at its voxels. */
export interface PhaseFacts {
  readonly modality?: 'CT' | 'MR' | undefined;
  /** Names of file and folders within the case, the nearest first. */
  readonly names?: readonly string[] | undefined;
  readonly seriesDescription?: string | undefined;
  readonly protocolName?: string | undefined;
  readonly imageType?: readonly string[] | undefined;
  /** Contrast/Bolus Agent (0018,0010); an empty text is a scan without. */
  readonly contrastAgent?: string | undefined;
}

export interface RuleGuess extends PhaseGuess {
  readonly excluded: boolean;
  readonly early: boolean;
}

/**
 * The phase that names, description and protocol state. The series description comes first, then
 * names, then the protocol, which is often that of the whole examination.
 */
export function phaseByRule(facts: PhaseFacts): RuleGuess {
  const modality = facts.modality ?? 'CT';
  if (facts.imageType?.some((part) => /^LOCALIZER$/i.test(part.trim()))) {
    return { ...noGuess('the image type is LOCALIZER'), excluded: true, early: false };
  }
  const texts = [
    { text: facts.seriesDescription, what: 'the series description', weight: 1 },
    ...(facts.names ?? []).map((text, i) => ({
      text,
      what: i === 0 ? 'its name' : 'its folder',
      weight: i === 0 ? 1 : 0.95,
    })),
    { text: facts.protocolName, what: 'the protocol', weight: 0.7 },
  ];
  const guesses = texts.flatMap(({ text, what, weight }) => {
    if (text === undefined || text.trim() === '') return [];
    const guess = phaseByText(text, what, modality);
    const source = what === 'its name' || what === 'its folder' ? 'name' : 'description';
    return [{ ...guess, confidence: guess.confidence * weight, source } as TextGuess];
  });
  const excluded = guesses.find((guess) => guess.excluded);
  if (excluded !== undefined) return { ...excluded, source: 'none' };
  const stated = guesses.filter(({ phase }) => phase !== null);
  const best = stated.reduce<TextGuess | undefined>(
    (a, b) => (a === undefined || b.confidence > a.confidence ? b : a),
    undefined,
  );
  const early = guesses.some((guess) => guess.early);
  if (best === undefined) {
    const spoken = guesses.find(({ reason }) => reason.endsWith('together'));
    return { ...noGuess(spoken?.reason ?? 'no text names a phase'), excluded: false, early };
  }
  return { ...weigh(best, stated, facts), excluded: false, early };
}

/** Texts that contradict each other, or a phase with contrast where no agent was given, count less. */
function weigh(best: TextGuess, stated: readonly TextGuess[], facts: PhaseFacts): PhaseGuess {
  let { confidence, reason } = best;
  const { phase, source } = best;
  const other = stated.find((guess) => guess.phase !== phase);
  if (other !== undefined) {
    confidence *= 0.7;
    reason += `, although ${other.reason.replace(/^its/, 'its')}`;
  }
  const agent = contrastGiven(facts.contrastAgent);
  if (agent === true && phase === 'NC') {
    confidence *= 0.8;
    reason += ', although the header names a contrast agent';
  }
  return { phase, reason, confidence, source };
}

/** Whether a contrast agent was given; undefined where the header does not say. */
export function contrastGiven(agent: string | undefined): boolean | undefined {
  if (agent === undefined) return undefined;
  const plain = agent.trim().toLowerCase();
  return !/^(|none|no|non|nein|ohne|without|0|n\/?a|no contrast)$/.test(plain);
}
