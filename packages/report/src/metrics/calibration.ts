import { defined, type Measure, notDefined } from './measure.js';
import type { Scored } from './scored.js';

/** One bin of a reliability plot: lesions whose confidence lies in (lower, upper]. */
export interface ReliabilityBin {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
  /** Mean confidence of the bin; null when empty. */
  readonly confidence: number | null;
  /** Share of right decisions in the bin; null when empty. */
  readonly accuracy: number | null;
}

export const reliabilityBins = 10;

/**
 * Bins of equal width over the confidence, the probability given to the predicted class. (An SVM's decision may
 * differ from its most probable class; the confidence is that of the decision made.) Null without probabilities.
 */
export function reliability(scored: Scored): ReliabilityBin[] | null {
  const { probabilities, predicted, truth, classes } = scored;
  if (probabilities === null) return null;
  const count = new Float64Array(reliabilityBins);
  const confidence = new Float64Array(reliabilityBins);
  const right = new Float64Array(reliabilityBins);
  for (let i = 0; i < truth.length; i++) {
    const p = probabilities[i * classes.length + (predicted[i] as number)] as number;
    const bin = Math.max(0, Math.min(reliabilityBins - 1, Math.ceil(p * reliabilityBins) - 1));
    count[bin] = (count[bin] as number) + 1;
    confidence[bin] = (confidence[bin] as number) + p;
    right[bin] = (right[bin] as number) + (truth[i] === predicted[i] ? 1 : 0);
  }
  return Array.from(count, (n, b) => ({
    lower: b / reliabilityBins,
    upper: (b + 1) / reliabilityBins,
    count: n,
    confidence: n === 0 ? null : (confidence[b] as number) / n,
    accuracy: n === 0 ? null : (right[b] as number) / n,
  }));
}

/** Expected calibration error (Naeini 2015; Guo 2017, Eq. 5): mean of |accuracy - confidence| over the lesions' bins. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[] | null): Measure {
  if (bins === null) return notDefined('no class probabilities');
  const n = bins.reduce((sum, bin) => sum + bin.count, 0);
  if (n === 0) return notDefined('no labelled lesion');
  let error = 0;
  for (const bin of bins) {
    error += bin.count * Math.abs((bin.accuracy ?? 0) - (bin.confidence ?? 0));
  }
  return defined(error / n);
}
