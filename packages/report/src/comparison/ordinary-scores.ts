import { lesionsWithoutOrdinaryPatch } from '../cohort-tables.js';
import type { Proportion } from '../metrics/measure.js';
import { type Aggregate, aggregate } from '../metrics/partitions.js';
import { isRight, labelledOf, share } from '../metrics/share.js';
import type { CohortSample } from '../prepared-cohort.js';
import type { ScoredRun } from './scored-method.js';

/** The accuracy over the lesions that have a patch of the ordinary coverage: the denominator of the paper's network rows. */
export interface OrdinaryScores {
  /** One per run. */
  readonly runs: readonly Proportion[];
  readonly accuracy: Aggregate;
  readonly perClass: readonly Aggregate[];
  /** Lesions left out, over all runs. */
  readonly leftOut: number;
}

/** Null where the cohort is not known. Where every lesion has an ordinary patch, both denominators are the same. */
export function ordinaryScores(
  runs: readonly ScoredRun[],
  samples: readonly CohortSample[],
): OrdinaryScores | null {
  if (samples.length === 0) return null;
  const names = runs.map(({ partition, of }) => ({ name: partition, of }));
  const classes = runs[0]?.metrics.classes ?? [];
  let leftOut = 0;
  const kept = runs.map(({ evaluation }) => {
    const labelled = labelledOf(evaluation.predictions);
    const without = lesionsWithoutOrdinaryPatch(labelled, samples);
    leftOut += without.size;
    return labelled.filter((of) => !without.has(of.id));
  });
  const shares = (className?: string): Proportion[] =>
    kept.map((lesions) => {
      const of = lesions.filter(({ truth }) => className === undefined || truth === className);
      return share([of], isRight, 'no lesion has an ordinary patch');
    });
  const total = shares();
  return {
    runs: total,
    accuracy: aggregate(total, names),
    perClass: classes.map((name) => aggregate(shares(name), names)),
    leftOut,
  };
}
