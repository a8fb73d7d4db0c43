import type { Random } from '@flc-native/pipeline';

export interface SignFlip {
  /** Two-sided. */
  readonly pValue: number;
  /** `exact`: all assignments of signs. `monte-carlo`: (k + 1) / (draws + 1). */
  readonly method: 'exact' | 'monte-carlo';
}

/** Different sums that are followed before drawing takes over. */
const mostSums = 20_000;

/**
 * Sign-flip test: if two methods are equally good, which of them is called the first is a coin's toss for each
 * patient, so every sum keeps or changes its sign with the same chance. p is the share of assignments whose total is at
 * least as far from 0 as the one found. One +-1 a patient gives the exact McNemar test.
 * @param sums of whole numbers, one a patient
 * @param draws where the assignments are too many to be counted
 */
export function signFlipTest(
  sums: readonly number[],
  { draws, random }: { readonly draws: number; readonly random: Pick<Random, 'int'> },
): SignFlip {
  const differing = sums.filter((sum) => sum !== 0);
  const total = Math.abs(differing.reduce((a, b) => a + b, 0));
  const totals = distribution(differing);
  if (totals !== null) {
    let pValue = 0;
    for (const [value, chance] of totals) if (Math.abs(value) >= total) pValue += chance;
    return { pValue: Math.min(1, pValue), method: 'exact' };
  }
  let beyond = 0;
  for (let draw = 0; draw < draws; draw++) {
    let drawn = 0;
    for (let i = 0, bits = 0; i < differing.length; i++, bits >>= 1) {
      if (i % 30 === 0) bits = random.int(2 ** 30);
      drawn += (bits & 1) === 0 ? (differing[i] as number) : -(differing[i] as number);
    }
    if (Math.abs(drawn) >= total) beyond++;
  }
  return { pValue: (beyond + 1) / (draws + 1), method: 'monte-carlo' };
}

/** Chance of each total, patient after patient; null when there are too many. */
function distribution(sums: readonly number[]): ReadonlyMap<number, number> | null {
  let totals = new Map([[0, 1]]);
  for (const sum of sums) {
    const next = new Map<number, number>();
    for (const [total, chance] of totals) {
      for (const to of [total + sum, total - sum]) next.set(to, (next.get(to) ?? 0) + chance / 2);
    }
    if (next.size > mostSums) return null;
    totals = next;
  }
  return totals;
}
