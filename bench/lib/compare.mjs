/**
 * Ratios and differences between named results; what was not measured gives no claim and no check.
 *
 * @param {{ name: string, median: number, memoryBytes: number, losses: number[], logits?: number[] }[]} results
 */
export function comparison(results) {
  const find = (name) => results.find((result) => result.name === name);
  const farthest = (what, a, b, limit) => {
    const [left, right] = [find(a), find(b)];
    if (!left || !right) return [];
    const differences = left.logits.map((value, index) => Math.abs(value - right.logits[index]));
    if (left.logits.length !== right.logits.length) differences.push(Infinity);
    return [{ name: `${what}, ${a} against ${b}`, value: largest(differences), limit }];
  };
  return {
    /** How many times faster `fast` is than the fastest of `others`. */
    speedup(text, fast, others, target) {
      const base = others.map(find).filter(Boolean);
      const ours = find(fast);
      if (!ours || base.length === 0) return [];
      const best = Math.min(...base.map((result) => result.median));
      return [{ name: text, value: best / ours.median, target }];
    },
    memory(text, name, target) {
      const result = find(name);
      return result
        ? [{ name: text, value: result.memoryBytes / 2 ** 30, target, atMost: true }]
        : [];
    },
    /** Largest relative difference of the losses over the first steps of one run. */
    losses(a, b, limit, steps = 3) {
      const [left, right] = [find(a), find(b)];
      if (!left || !right) return [];
      const differences = left.losses
        .slice(0, steps)
        .map((loss, step) => Math.abs(loss - right.losses[step]) / Math.abs(right.losses[step]));
      return [{ name: `losses, ${a} against ${b}`, value: largest(differences), limit }];
    },
    /** Largest absolute difference of the logits. */
    logits: (a, b, limit) => farthest('logits', a, b, limit),
    /** The same of probabilities. */
    probabilities: (a, b, limit) => farthest('probabilities', a, b, limit),
  };
}

/** The largest value; anything that is no number counts as infinitely far off. */
function largest(differences) {
  return differences.reduce((worst, value) => (value <= worst ? worst : value || Infinity), 0);
}
