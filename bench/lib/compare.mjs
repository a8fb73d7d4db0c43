/**
 * Ratios and differences between named results; what was not measured gives no claim and no check.
 *
 * @param {{ name: string, median: number, memoryBytes: number, losses: number[], logits?: number[] }[]} results
 */
export function comparison(results) {
  const find = (name) => results.find((result) => result.name === name);
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
    /** Largest relative difference of the losses over the steps of one run. */
    losses(a, b, limit) {
      const [left, right] = [find(a), find(b)];
      if (!left || !right) return [];
      const differences = left.losses.map(
        (loss, step) => Math.abs(loss - right.losses[step]) / Math.abs(right.losses[step]),
      );
      return [{ name: `losses, ${a} against ${b}`, value: largest(differences), limit }];
    },
    /** Largest absolute difference of the logits. */
    logits(a, b, limit) {
      const [left, right] = [find(a), find(b)];
      if (!left || !right) return [];
      const differences = left.logits.map((logit, index) => Math.abs(logit - right.logits[index]));
      return [{ name: `logits, ${a} against ${b}`, value: largest(differences), limit }];
    },
  };
}

/** The largest value; anything that is no number counts as infinitely far off. */
function largest(differences) {
  return differences.reduce((worst, value) => (value <= worst ? worst : value || Infinity), 0);
}
