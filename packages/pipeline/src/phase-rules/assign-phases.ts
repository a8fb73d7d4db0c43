import { isDataError } from '../case/data-error.js';
import type { Volume } from '../volume/volume.js';
import { chooseSeries } from './choose-series.js';
import { coarseVolume } from './coarse-volume.js';
import { compareVenous } from './compare-venous.js';
import type { OrganHu } from './organ-hu.js';
import { type PhaseFacts, phaseByRule, type RuleGuess } from './phase-by-rule.js';
import { phasesByFamily } from './phase-family.js';
import { phaseFromEstimate } from './phase-from-image.js';
import { phaseFromOrgans } from './phase-from-organs.js';
import { noGuess, type PhaseGuess } from './phase-guess.js';
import { phasesByOrder, resolveByOrder } from './phases-by-order.js';
import { relativeEnhancement } from './relative-enhancement.js';

/** One image of a study whose phase is asked for. */
export interface PhaseCandidate {
  /** Unique in the study. */
  readonly key: string;
  readonly facts: PhaseFacts;
  /** Said by the user or the data set's documentation; nothing else is asked then. */
  readonly given?: PhaseGuess | undefined;
  /** Short name that may be of a family (`C1`); see phase-family.ts. */
  readonly shortName?: string | undefined;
  /** Seconds, comparable within the study. */
  readonly acquiredAt?: number | undefined;
  readonly thickness?: number | undefined;
  readonly slices?: number | undefined;
  readonly kernel?: string | undefined;
  /** Reads the voxels, should they be needed. */
  readonly read?: (() => Promise<Volume>) | undefined;
  /** HU of organs from masks of the study, should they be needed. */
  readonly organs?: (() => Promise<OrganHu | undefined>) | undefined;
}

export interface PhaseDecision extends PhaseGuess {
  readonly key: string;
  /** False for a second image of a phase that already has a better one, and for one without phase. */
  readonly chosen: boolean;
}

export interface AssignOptions {
  readonly modality?: 'CT' | 'MR' | undefined;
  /** `auto`: look at voxels where no text decides; `never`: do not. */
  readonly image?: 'auto' | 'never' | undefined;
}

/** A text below this decides only where the image says nothing. */
const enough = 0.6;

/**
 * Gives the images of one study their phases: what was said, then names and descriptions, then the
 * order of acquisition, then voxels. A phase goes to one image; every decision has its reason.
 */
export async function assignPhases(
  candidates: readonly PhaseCandidate[],
  { modality = 'CT', image = 'auto' }: AssignOptions = {},
): Promise<PhaseDecision[]> {
  const rules = candidates.map(({ facts }) => phaseByRule({ modality, ...facts }));
  const family = phasesByFamily(candidates.flatMap(({ shortName }) => shortName ?? []));
  let guesses = candidates.map((candidate, i): PhaseGuess => {
    if (candidate.given !== undefined) return candidate.given;
    const rule = rules[i] as RuleGuess;
    const short = candidate.shortName === undefined ? undefined : family.get(candidate.shortName);
    return short !== undefined && short.confidence > rule.confidence ? short : rule;
  });
  const open = (guess: PhaseGuess, i: number) =>
    guess.confidence < enough && candidates[i]?.given === undefined && rules[i]?.excluded !== true;
  if (modality === 'CT' && image === 'auto' && guesses.some(open)) {
    const seen = await lookAtImages(candidates, guesses.map(open), rules);
    guesses = guesses.map((guess, i) => combine(guess, seen[i]));
  }
  guesses = phasesByOrder(candidates, guesses, rules);
  guesses = resolveByOrder(candidates, guesses);
  const chosen = chooseSeries(candidates, guesses, rules);
  return candidates.map(({ key }, i) => {
    const guess = guesses[i] as PhaseGuess;
    const better = chosen[i];
    if (better === true) return { key, ...guess, chosen: true };
    const reason = better === undefined ? guess.reason : `${guess.reason}; ${better}`;
    return { key, ...guess, reason, chosen: false };
  });
}

/** What the voxels say of the images that are still open; those decided help to compare. */
async function lookAtImages(
  candidates: readonly PhaseCandidate[],
  open: readonly boolean[],
  rules: readonly RuleGuess[],
): Promise<(PhaseGuess | undefined)[]> {
  const found: (PhaseGuess | undefined)[] = candidates.map(() => undefined);
  const measured: (OrganHu | undefined)[] = candidates.map(() => undefined);
  const unseen: number[] = [];
  for (const [i, candidate] of candidates.entries()) {
    if (rules[i]?.excluded === true) continue;
    const hu = open[i] === true ? await unlessBroken(candidate.organs) : undefined;
    if (hu !== undefined && Object.keys(hu).length > 0) {
      found[i] = phaseFromOrgans(hu);
      measured[i] = hu;
    }
    if ((found[i]?.phase ?? null) === null) unseen.push(i);
  }
  if (!unseen.some((i) => open[i])) return compareVenous(found, measured);
  const coarse: { index: number; volume: Volume }[] = [];
  for (const index of unseen) {
    const volume = await unlessBroken(candidates[index]?.read);
    if (volume !== undefined) coarse.push({ index, volume: coarseVolume(volume) });
  }
  const estimates = relativeEnhancement(coarse.map(({ volume }) => volume));
  coarse.forEach(({ index }, i) => {
    const estimate = estimates[i];
    measured[index] = estimate?.hu;
    found[index] =
      estimate === undefined
        ? noGuess('no aorta was found in the image')
        : phaseFromEstimate(estimate);
  });
  return compareVenous(found, measured);
}

/** What a broken file says of its phase: nothing. `check` names its fault. */
async function unlessBroken<T>(read: (() => Promise<T>) | undefined): Promise<T | undefined> {
  try {
    return await read?.();
  } catch (thrown) {
    if (isDataError(thrown)) return undefined;
    throw thrown;
  }
}

/** Text and image together: agreement strengthens, contradiction goes to the surer one. */
function combine(text: PhaseGuess, image: PhaseGuess | undefined): PhaseGuess {
  if (image === undefined || image.phase === null) {
    if (text.phase !== null || image === undefined) return text;
    return { ...text, reason: `${text.reason}; ${image.reason}` };
  }
  if (text.phase === null) return { ...image, reason: `${text.reason}; ${image.reason}` };
  if (text.phase === image.phase) {
    const confidence = 1 - (1 - text.confidence) * (1 - image.confidence);
    return { ...text, reason: `${text.reason}; ${image.reason}`, confidence };
  }
  const [winner, loser] = image.confidence > text.confidence ? [image, text] : [text, image];
  const reason = `${winner.reason}; against it: ${loser.reason}`;
  return { ...winner, reason, confidence: winner.confidence * (1 - 0.5 * loser.confidence) };
}
