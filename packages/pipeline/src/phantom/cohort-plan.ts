import { FlcError } from '@flc-native/errors';
import { randomStream } from '../random/index.js';
import { apportion } from '../split/index.js';
import { atypicalShare, type PhantomClass, phantomClasses } from './enhancement.js';

/** What is fixed about a case before it is rendered. */
export interface CasePlan {
  /** 0 .. N-1; the case draws from streams of its own, named by it. */
  readonly index: number;
  readonly id: string;
  readonly patient: string;
  readonly class: PhantomClass;
  readonly atypical: boolean;
}

/** Lesions by class of the paper's cohort. */
export const paperCohort: Readonly<Record<PhantomClass, number>> = {
  cyst: 110,
  fnh: 114,
  hcc: 132,
  hem: 124,
};

export type PhantomCounts = Readonly<Partial<Record<PhantomClass, number>>>;

/**
 * Lays out a cohort of one lesion a patient: N lesions in the proportions of the paper's, or the given counts; 15 % of
 * each class are atypical; the order is random, so that a case's number says nothing.
 *
 * @throws FlcError INVALID_CONFIG for counts that are no whole numbers or sum to none
 */
export function planCohort(lesions: number | PhantomCounts, seed: number): CasePlan[] {
  const counts = typeof lesions === 'number' ? proportionalCounts(lesions) : lesions;
  for (const [name, count] of Object.entries(counts)) {
    const isKnown = phantomClasses.some((known) => known === name);
    if (!isKnown || !Number.isInteger(count) || count < 0) {
      throw new FlcError('INVALID_CONFIG', 'Counts of lesions are whole numbers by class', {
        details: { class: name, count, classes: phantomClasses },
      });
    }
  }
  const drawn = phantomClasses.flatMap((name) => {
    const count = counts[name] ?? 0;
    const atypical = Math.round(atypicalShare * count);
    return Array.from({ length: count }, (_, i) => ({ class: name, atypical: i < atypical }));
  });
  if (drawn.length === 0) {
    throw new FlcError('INVALID_CONFIG', 'A phantom cohort needs at least one lesion');
  }
  return randomStream(seed, 'cohort')
    .shuffle(drawn)
    .map((lesion, index) => {
      const number = String(index + 1).padStart(4, '0');
      return { index, id: `case-${number}`, patient: `patient-${number}`, ...lesion };
    });
}

function proportionalCounts(total: number): Record<PhantomClass, number> {
  if (!Number.isInteger(total) || total < 1) {
    throw new FlcError('INVALID_CONFIG', 'The number of lesions is a whole number from 1', {
      details: { lesions: total },
    });
  }
  const shares = phantomClasses.map((name) => paperCohort[name]);
  const [cyst = 0, fnh = 0, hcc = 0, hem = 0] = apportion(total, shares);
  return { cyst, fnh, hcc, hem };
}
