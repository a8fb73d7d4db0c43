/**
 * Exact McNemar test (McNemar, Psychometrika 12:153, 1947), two-sided: with `n` pairs in which exactly one of two
 * methods is right, the number of pairs won by one of them is binomial (n, 1/2) when the methods are equally good.
 * p = min(1, 2 P(X <= min(onlyFirst, onlySecond))). Pairs are taken as independent.
 */
export function exactMcNemar(onlyFirst: number, onlySecond: number): number {
  const n = onlyFirst + onlySecond;
  const few = Math.min(onlyFirst, onlySecond);
  // Logarithms: 2^-n is no number any more for thousands of pairs.
  let logTerm = -n * Math.LN2;
  let tail = Math.exp(logTerm);
  for (let k = 1; k <= few; k++) {
    logTerm += Math.log((n - k + 1) / k);
    tail += Math.exp(logTerm);
  }
  return Math.min(1, 2 * tail);
}
