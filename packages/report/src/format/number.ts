import type { Measure, Proportion } from '../metrics/measure.js';
import type { Aggregate } from '../metrics/partitions.js';

/** What stands in a table where a value is undefined; the reason is printed under the table. */
export const undefinedMark = '–';

/** A share as per cent with one decimal: 0.9094 -> "90.9 %". */
export function percent(value: number | null): string {
  return value === null ? undefinedMark : `${(100 * value).toFixed(1)} %`;
}

export function decimals(value: number | null, digits = 3): string {
  return value === null ? undefinedMark : value.toFixed(digits);
}

/** "44 / 50": exact counts. */
export function counts(of: Proportion): string {
  return `${of.count} / ${of.of}`;
}

/** "81.2 – 94.0 %", or a dash where there is none. */
export function percentInterval(measure: Measure): string {
  if (measure.value === null || measure.interval === null) return undefinedMark;
  const { lower, upper } = measure.interval;
  return `${(100 * lower).toFixed(1)} – ${(100 * upper).toFixed(1)} %`;
}

export function decimalInterval(measure: Measure): string {
  if (measure.value === null || measure.interval === null) return undefinedMark;
  return `${measure.interval.lower.toFixed(3)} – ${measure.interval.upper.toFixed(3)}`;
}

/** Per cent as the paper prints its table: "90.93 ± 0.78"; without a second partition "90.93". */
export function meanAndDeviation(aggregate: Aggregate): string {
  if (aggregate.mean === null) return undefinedMark;
  const mean = (100 * aggregate.mean).toFixed(2);
  return aggregate.sd === null ? mean : `${mean} ± ${(100 * aggregate.sd).toFixed(2)}`;
}

/** A difference of shares in percentage points, with its sign: 0.0312 -> "+3.1". */
export function points(value: number): string {
  const text = (100 * value).toFixed(1);
  return value > 0 ? `+${text}` : text.replace('-', '−');
}

/** "0.034"; below what three decimals show, "< 0.001". */
export function pText(value: number | null): string {
  if (value === null) return undefinedMark;
  return value < 0.001 ? '< 0.001' : value.toFixed(3);
}
