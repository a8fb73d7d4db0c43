/** The name nearest to `word` by edit distance, if it is near enough to be a slip of the pen. */
export function closest(word: string, names: Iterable<string>): string | undefined {
  const limit = Math.max(2, Math.floor(word.length / 3));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** `did you mean ...?` as an FlcError's remedy, or the list of what there is. */
export function suggestion(word: string, names: readonly string[], what: string): string {
  const near = closest(word, names);
  if (near !== undefined) return `Did you mean ${near}?`;
  return `Known ${what}: ${[...names].sort().join(', ')}.`;
}

/** Levenshtein distance: insertions, deletions and substitutions count one each. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
