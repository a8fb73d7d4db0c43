/** Sentences for people beside the numbers of a machine. */
import type { MachineChoice } from './choose-machine.js';

const count = (value: number) => value.toLocaleString('en-US');

/** What should be known before a choice is believed: at most a sentence on the search and one on the probabilities. */
export function choiceNotes(choice: MachineChoice, names: readonly string[]): string[] {
  const { tried, notConverged, ties, edges, degeneratePairs } = choice;
  const search = [
    ...(notConverged === 0
      ? []
      : [`${count(notConverged)} of ${count(tried)} machines did not converge and were left out`]),
    ...(ties === 0
      ? []
      : [
          `${count(ties)} more ${ties === 1 ? 'reaches' : 'reach'} the same validation accuracy, of which the smallest gamma and C were taken`,
        ]),
    ...(edges.length === 0
      ? []
      : [`${edges.join(' and ')} ${edges.length === 1 ? 'is' : 'are'} at the edge of the grid`]),
  ];
  const pairs = degeneratePairs.map((pair) => pair.map((label) => names[label]).join('/'));
  return [
    ...(search.length === 0 ? [] : [`Grid search: ${search.join('; ')}.`]),
    ...(pairs.length === 0
      ? []
      : [
          `Probabilities: the decision values hardly tell ${pairs.join(', ')} apart where the machine has not seen the lesion, so the probabilities of these classes mean little; the class is the vote of the machine.`,
        ]),
  ];
}

/** A warning where the voted class is not the most probable one. */
export function voteNotes(
  voted: number,
  probabilities: readonly number[],
  names: readonly string[],
): string[] {
  const largest = probabilities.indexOf(Math.max(...probabilities));
  const percent = (index: number) => `${(100 * (probabilities[index] ?? 0)).toFixed(0)} %`;
  return (probabilities[voted] ?? 0) >= (probabilities[largest] ?? 0)
    ? []
    : [
        `The machine votes for ${names[voted]} (probability ${percent(voted)}), but ${names[largest]} is more probable (${percent(largest)})`,
      ];
}
