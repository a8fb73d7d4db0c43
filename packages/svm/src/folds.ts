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
 * @param groups samples of one group, a patient say, go to one fold; default: each its own
 * @returns the fold of each sample, 0 .. folds - 1; the same for the same seed
 */
export function stratifiedFolds(
  classIndex: ArrayLike<number>,
  folds: number,
  seed: number,
  groups?: readonly string[],
): Int32Array {
  const random = uniformStream(seed);
  const byGroup = new Map<string | number, number[]>();
  for (let sample = 0; sample < classIndex.length; sample++) {
    const group = groups?.[sample] ?? sample;
    const members = byGroup.get(group);
    if (members === undefined) byGroup.set(group, [sample]);
    else members.push(sample);
  }
  const order = [...byGroup.values()];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number[], order[last] as number[]];
  }
  const classOf = ([first = 0]: number[]) => classIndex[first] as number;
  order.sort((a, b) => classOf(a) - classOf(b) || b.length - a.length);
  const fold = new Int32Array(classIndex.length);
  // Dealing goes on from class to class, so that small classes do not all land in the first folds.
  for (const [turn, group] of order.entries()) {
    for (const sample of group) fold[sample] = turn % folds;
  }
  return fold;
}
