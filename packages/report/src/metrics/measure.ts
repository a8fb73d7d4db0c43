/**
 * A number with its 95 % interval, or the reason why there is none: never 0 or NaN in place of "undefined". A value
 * without an interval may give a reason too.
 */
export type Measure =
  | { readonly value: number; readonly interval: Interval | null; readonly reason?: string }
  | { readonly value: null; readonly reason: string };

export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly level: number;
  /**
   * `wilson`: on the effective number of lesions. `mover`: of a mean, from the intervals of its parts. `bootstrap`:
   * patients drawn with replacement, percentiles. `student`: t on the standard error over patients.
   */
  readonly method: 'wilson' | 'mover' | 'bootstrap' | 'student';
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

/** Puts an interval, or the reason why there is none, on a measure that has a value; leaves the others alone. */
export function withInterval<M extends Measure>(measure: M, found: Interval | string): M {
  if (measure.value === null) return measure;
  return typeof found === 'string'
    ? { ...measure, interval: null, reason: found }
    : { ...measure, interval: found };
}

/**
 * Interval of a mean of independent shares from their own intervals (MOVER: Zou and Donner, Stat. Med. 27:1693, 2008).
 * Classes are independent as far as no patient has lesions of several.
 */
export function meanInterval(mean: number, parts: readonly Measure[]): Interval {
  const half = (bound: 'lower' | 'upper') =>
    Math.sqrt(
      parts.reduce((sum, part) => {
        if (part.value === null || part.interval === null) return sum;
        return sum + (part.value - part.interval[bound]) ** 2;
      }, 0),
    ) / parts.length;
  return {
    lower: Math.max(0, mean - half('lower')),
    upper: Math.min(1, mean + half('upper')),
    level: 0.95,
    method: 'mover',
  };
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
