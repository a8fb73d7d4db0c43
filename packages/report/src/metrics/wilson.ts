import type { Interval } from './measure.js';

/** 0.975 quantile of the standard normal distribution. */
export const normalQuantile975 = 1.959963984540054;

/**
 * Wilson's score interval of a share `p` of `n` independent trials (Wilson, JASA 22:209, 1927), 95 %. `n` may be an
 * effective number, no whole one; lesions of one patient are not independent (see `clusteredInterval`).
 */
export function wilsonInterval(p: number, n: number): Interval {
  const z = normalQuantile975;
  const denominator = 1 + (z * z) / n;
  const centre = (p + (z * z) / (2 * n)) / denominator;
  const half = (z / denominator) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return {
    // At the ends the formula is 0 or 1 up to rounding; the bound there is exact.
    lower: p === 0 ? 0 : Math.max(0, centre - half),
    upper: p === 1 ? 1 : Math.min(1, centre + half),
    level: 0.95,
    method: 'wilson',
  };
}
