/** Uniform numbers in [0, 1) from a seed: mulberry32, 32 bits of state. */
export function uniformStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Deals samples to folds so that each fold has nearly the same number of each class.
 *
 * @param classIndex class of each sample
 * @returns the fold of each sample, 0 .. folds - 1; the same for the same seed
 */
export function stratifiedFolds(
  classIndex: ArrayLike<number>,
  folds: number,
  seed: number,
): Int32Array {
  const random = uniformStream(seed);
  const order = Array.from({ length: classIndex.length }, (_, sample) => sample);
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  order.sort((a, b) => (classIndex[a] as number) - (classIndex[b] as number));
  const fold = new Int32Array(order.length);
  // Dealing goes on from class to class, so that small classes do not all land in the first folds.
  for (const [turn, sample] of order.entries()) fold[sample] = turn % folds;
  return fold;
}
