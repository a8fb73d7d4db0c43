import { type SupportVectorClassifier, voteNotes } from '@flc-native/svm';
import type { MappedLesion } from './label-maps.js';

/** Class index and a probability for each class, summing to 1. */
export interface Decision {
  readonly class: number;
  readonly probabilities: readonly number[];
  /** One where the class is not the most probable one. */
  readonly warnings: readonly string[];
}

/** The last stage: from what the network says of a lesion to its class. */
export interface DecisionRule {
  decide(lesion: MappedLesion): Decision;
  close(): void;
}

/**
 * The paper's rule: an SVM on the proportions of the label map. The class is the machine's vote; the probabilities are
 * Platt's (a sigmoid fitted by cross-validation) and need not peak at the voted class: then a warning says so.
 */
export function svmRule(
  machine: SupportVectorClassifier,
  classes: readonly string[],
): DecisionRule {
  return {
    decide({ proportions }) {
      const [label = 0] = machine.predict([[...proportions]]);
      const [given = []] = machine.predictProbability([[...proportions]]);
      const probabilities = new Array<number>(classes.length).fill(0);
      for (const [i, index] of machine.classes.entries()) probabilities[index] = given[i] ?? 0;
      return { class: label, probabilities, warnings: voteNotes(label, probabilities, classes) };
    },
    close() {
      machine.close();
    },
  };
}

/** For a network without a local pathway there is no label map: the class of the largest mean softmax output. */
export function networkRule(): DecisionRule {
  return {
    decide({ meanProbabilities }) {
      const probabilities = [...meanProbabilities];
      return {
        class: probabilities.indexOf(Math.max(...probabilities)),
        probabilities,
        warnings: [],
      };
    },
    close() {},
  };
}
