import type { LesionPrediction } from '../evaluation.js';
import { clusteredInterval, clusteredMean } from './clustered.js';
import type { Proportion } from './measure.js';

/**
 * The share of lesions of which something `holds`, mean over the partitions that have any, with an interval that takes
 * patients as what was sampled. Counts are over all of them; undefined, with `reason`, without any.
 */
export function share(
  partitions: readonly (readonly LesionPrediction[])[],
  holds: (lesion: LesionPrediction) => boolean,
  reason: string,
): Proportion {
  const counted = partitions
    .filter((lesions) => lesions.length > 0)
    .map((lesions) =>
      lesions.map((of) => ({ id: of.id, patientId: of.patientId, value: Number(holds(of)) })),
    );
  const all = counted.flat();
  if (all.length === 0) return { count: 0, of: 0, value: null, reason };
  const count = all.filter(({ value }) => value === 1).length;
  const mean = clusteredMean(counted);
  // One division for one partition: 2/3 is then the same number wherever it is computed.
  const value = counted.length === 1 ? count / all.length : mean.mean;
  const ends = count === 0 ? 0 : count === all.length ? 1 : value;
  return {
    count,
    of: all.length,
    value: ends,
    interval: clusteredInterval({ ...mean, mean: ends }),
  };
}

export const isRight = ({ truth, predicted }: LesionPrediction): boolean => truth === predicted;

/** The lesions with a known class, which are all that is scored. */
export function labelledOf(predictions: readonly LesionPrediction[]): LesionPrediction[] {
  return predictions.filter(({ truth }) => truth !== null);
}
