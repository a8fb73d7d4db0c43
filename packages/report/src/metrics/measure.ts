/** A number with its 95 % interval, or the reason why there is none: never 0 or NaN in place of "undefined". */
export type Measure =
  | { readonly value: number; readonly interval: Interval | null }
  | { readonly value: null; readonly reason: string };

export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
  /** `wilson`: lesions as independent trials. `bootstrap`: patients drawn with replacement, percentiles. */
  readonly method: 'wilson' | 'bootstrap';
}

/** A share of lesions with its exact counts. */
export type Proportion = {
  /** Lesions that have the property. */
  readonly count: number;
  /** Lesions that could have it. */
  readonly of: number;
} & Measure;

export function defined(value: number, interval: Interval | null = null): Measure {
  return { value, interval };
}

export function notDefined(reason: string): Measure {
  return { value: null, reason };
}

/** Puts an interval on a measure that has a value; leaves the others alone. */
export function withInterval(measure: Measure, interval: Interval | null): Measure {
  return measure.value === null ? measure : { value: measure.value, interval };
}

/**
 * The mean of several measures; undefined as soon as one of them is, because leaving a class out of a macro
 * average silently changes what the average means.
 */
export function meanOf(measures: readonly Measure[]): Measure {
  if (measures.length === 0) return notDefined('nothing to average');
  let sum = 0;
  for (const measure of measures) {
    if (measure.value === null) return notDefined(measure.reason);
    sum += measure.value;
  }
  return defined(sum / measures.length);
}
