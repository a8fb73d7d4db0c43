/** The volume of the reference values: `(np.arange(60) * 37 % 101 - 50).astype(np.float32).reshape(3, 4, 5)` (z, y, x). */
export const volume = Float32Array.from({ length: 60 }, (_, index) => ((index * 37) % 101) - 50);

/** x, y, z. */
export const size = [5, 4, 3] as const;

/** Largest absolute difference; infinity where the lengths differ or a value is NaN. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  return Array.from(a).reduce((most, value, index) => {
    const difference = Math.abs(value - (b[index] as number));
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
  }, 0);
}
