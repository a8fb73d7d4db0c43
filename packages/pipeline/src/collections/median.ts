/** Median; the mean of the two in the middle of an even number. NaN of none. */
export function median(values: ArrayLike<number>): number {
  const sorted = new Float64Array(values).sort();
  const half = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[half] as number;
  return ((sorted[half - 1] as number) + (sorted[half] as number)) / 2;
}

/** The upper median: always one of the values; undefined of none. */
export function upperMedian(values: ArrayLike<number>): number | undefined {
  return new Float64Array(values).sort()[values.length >> 1];
}
