import type { Random } from '../random/index.js';
import { type Cohort, type Patient, sumCounts } from './cohort.js';
import type { ClassCounts } from './splits.js';

/** Draws in random order that are tried, and again as many with the largest patients first. */
const maxDraws = 200;
/** Valid draws of which the best is taken. More would keep patients with many lesions out of the small parts. */
const candidates = 10;

/**
 * Divides the patients at random into groups whose lesions by class come near the targets. Patients are placed in random
 * order, whatever their number of lesions, each where the squared deviation grows least; of 10 valid draws the one that
 * deviates least is taken. With one lesion a patient the targets are met exactly. Where 200 draws give no valid one,
 * patients with several lesions are placed first: the others then fill the gaps.
 *
 * @param targets wanted lesions by class of each group
 * @param isValid what the draw must fulfil
 * @returns the patients of each group, ordered by id, or undefined if no draw was valid
 */
export function assignPatients(
  cohort: Cohort,
  targets: readonly ClassCounts[],
  random: Random,
  isValid: (groups: readonly Patient[][]) => boolean,
): Patient[][] | undefined {
  let best: Draw | undefined;
  let valid = 0;
  for (let draw = 0; draw < 2 * maxDraws; draw++) {
    const isSettled = best?.deviation === 0 || valid === candidates;
    if (isSettled || (best !== undefined && draw >= maxDraws)) break;
    const order = random.shuffle(cohort.patients);
    // sort() is stable: within equal numbers of lesions the order stays random.
    if (draw >= maxDraws) order.sort((a, b) => b.numLesions - a.numLesions);
    const drawn = place(order, targets);
    if (!isValid(drawn.groups)) continue;
    valid++;
    if (best === undefined || drawn.deviation < best.deviation) best = drawn;
  }
  return best?.groups.map((group) => group.sort((a, b) => (a.id < b.id ? -1 : 1)));
}

interface Draw {
  readonly groups: Patient[][];
  /** Sum of the squared differences from the targets, lesions by group and class. */
  readonly deviation: number;
}

function place(order: readonly Patient[], targets: readonly ClassCounts[]): Draw {
  const missing = targets.map((target) => ({ ...target }));
  const groups: Patient[][] = targets.map(() => []);
  for (const patient of order) {
    const best = indexOfSmallest(missing.map((need) => deviationGrowth(need, patient.counts)));
    groups[best]?.push(patient);
    const need = missing[best] ?? {};
    for (const [name, count] of Object.entries(patient.counts)) {
      need[name] = (need[name] ?? 0) - count;
    }
  }
  const left = missing.flatMap((need) => Object.values(need));
  return { groups, deviation: left.reduce((sum, count) => sum + count * count, 0) };
}

/** Change of sum (missing)^2 when `added` lesions join. */
function deviationGrowth(missing: ClassCounts, added: ClassCounts): number {
  let growth = 0;
  for (const [name, count] of Object.entries(added)) {
    growth += count * (count - 2 * (missing[name] ?? 0));
  }
  return growth;
}

function indexOfSmallest(values: readonly number[]): number {
  return values.reduce((best, value, i) => (value < (values[best] as number) ? i : best), 0);
}

/** Whether every class of the cohort occurs in every group. */
export function everyClassEverywhere(cohort: Cohort, groups: readonly Patient[][]): boolean {
  return groups.every((group) => {
    const counts = sumCounts(group);
    return cohort.classes.every((name) => (counts[name] ?? 0) > 0);
  });
}

/**
 * Whole numbers near `total * fractions` that add up to total: largest remainders, then at least 1 each where the total
 * allows it.
 */
export function apportion(total: number, fractions: readonly number[]): number[] {
  const sum = fractions.reduce((a, b) => a + b, 0);
  const exact = fractions.map((fraction) => (total * fraction) / sum);
  const counts = exact.map((value) => Math.floor(value + 1e-9));
  const byRemainder = exact
    .map((value, i) => ({ i, remainder: value - (counts[i] as number) }))
    .sort((a, b) => b.remainder - a.remainder);
  const rest = total - counts.reduce((a, b) => a + b, 0);
  for (const { i } of byRemainder.slice(0, rest)) counts[i] = (counts[i] as number) + 1;
  while (total >= counts.length && counts.includes(0)) {
    const largest = counts.indexOf(Math.max(...counts));
    counts[largest] = (counts[largest] as number) - 1;
    counts[counts.indexOf(0)] = 1;
  }
  return counts;
}
