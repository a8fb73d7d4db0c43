import { defined, type Measure, notDefined } from './measure.js';
import type { Scored } from './scored.js';
import { absent } from './scores.js';

/** Lesions by rising probability of each class, sorted once and read by every bootstrap replicate. */
export interface ScoreOrder {
  readonly scored: Scored;
  /** `[classes]` arrays of lesion indices; null where there are no probabilities. */
  readonly byClass: readonly Int32Array[] | null;
}

export function scoreOrder(scored: Scored): ScoreOrder {
  const { probabilities, classes, truth } = scored;
  if (probabilities === null) return { scored, byClass: null };
  const k = classes.length;
  const byClass = classes.map((_, c) =>
    Int32Array.from(truth.keys()).sort(
      (a, b) => (probabilities[a * k + c] as number) - (probabilities[b * k + c] as number),
    ),
  );
  return { scored, byClass };
}

/**
 * Area under the ROC curve of class `c` against the rest, as the Mann-Whitney statistic: the chance that a lesion of
 * the class scores higher than one of another class, ties counting one half. `weights` as in `confusionMatrix`.
 */
export function oneVsRestAuc(order: ScoreOrder, c: number, weights?: Float64Array): Measure {
  const { scored, byClass } = order;
  if (byClass === null) return notDefined('no class probabilities');
  const lesions = byClass[c] as Int32Array;
  const k = scored.classes.length;
  const score = (i: number) => (scored.probabilities as Float64Array)[i * k + c] as number;
  let positives = 0;
  let negatives = 0;
  let wins = 0;
  for (let start = 0; start < lesions.length; ) {
    const value = score(lesions[start] as number);
    let tiedPositives = 0;
    let tiedNegatives = 0;
    let end = start;
    for (; end < lesions.length && score(lesions[end] as number) === value; end++) {
      const lesion = lesions[end] as number;
      const weight = weights === undefined ? 1 : (weights[lesion] as number);
      if (scored.truth[lesion] === c) tiedPositives += weight;
      else tiedNegatives += weight;
    }
    wins += tiedPositives * (negatives + tiedNegatives / 2);
    positives += tiedPositives;
    negatives += tiedNegatives;
    start = end;
  }
  const name = scored.classes[c] as string;
  if (positives === 0) return notDefined(absent(name));
  if (negatives === 0) return notDefined(`every lesion in the truth is of class ${name}`);
  return defined(wins / (positives * negatives));
}
