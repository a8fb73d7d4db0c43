import { normalQuantile975 as z } from '../metrics/wilson.js';

/**
 * 0.975 quantile of Student's t distribution, by the expansion in 1 / df (Abramowitz and Stegun 26.7.5): within 3e-4
 * from 5 degrees of freedom on.
 */
export function studentQuantile975(df: number): number {
  return (
    z +
    (z ** 3 + z) / (4 * df) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * df ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * df ** 3) +
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / (92160 * df ** 4)
  );
}
