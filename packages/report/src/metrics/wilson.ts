import type { Interval, Proportion } from './measure.js';

/** 0.975 quantile of the standard normal distribution. */
const normalQuantile975 = 1.959963984540054;

/**
 * Wilson's score interval of a binomial proportion (Wilson, JASA 22:209, 1927), 95 %. It holds for lesions that are
 * independent; several lesions of one patient are not, and then the bootstrap over patients is the one to read.
 */
export function wilsonInterval(count: number, of: number): Interval {
  const z = normalQuantile975;
  const p = count / of;
  const denominator = 1 + (z * z) / of;
  const centre = (p + (z * z) / (2 * of)) / denominator;
  const half = (z / denominator) * Math.sqrt((p * (1 - p)) / of + (z * z) / (4 * of * of));
  return {
    // At the ends the formula is 0 or 1 up to rounding; the bound there is exact.
    lower: count === 0 ? 0 : Math.max(0, centre - half),
    upper: count === of ? 1 : Math.min(1, centre + half),
    level: 0.95,
    method: 'wilson',
  };
}

/** `count` of `of` with Wilson's interval; undefined, with `reason`, when `of` is 0. */
export function proportion(count: number, of: number, reason: string): Proportion {
  if (of === 0) return { count, of, value: null, reason };
  return { count, of, value: count / of, interval: wilsonInterval(count, of) };
}
