import { voteNotes } from '@flc-native/svm';
import type { EvaluationResult } from './evaluation.js';

/** The same label maps decided by the most frequent class, without a machine; ties go to the first class. */
export function decideByVote(evaluation: EvaluationResult): EvaluationResult {
  return decide(evaluation, ({ proportions }) => proportions);
}

/** The same patches decided by the largest mean softmax output, without a machine. */
export function decideByProbability(evaluation: EvaluationResult): EvaluationResult {
  return decide(evaluation, ({ meanProbabilities }) => meanProbabilities);
}

function decide(
  evaluation: EvaluationResult,
  scores: (prediction: EvaluationResult['predictions'][number]) => readonly number[],
): EvaluationResult {
  const { classes } = evaluation;
  const predictions = evaluation.predictions.map((prediction) => {
    const probabilities = [...scores(prediction)];
    const best = probabilities.indexOf(Math.max(...probabilities));
    const ofMachine = voteNotes(
      classes.indexOf(prediction.predicted),
      prediction.probabilities,
      classes,
    );
    const warnings = prediction.warnings.filter((warning) => !ofMachine.includes(warning));
    return { ...prediction, predicted: classes[best] ?? '', probabilities, warnings };
  });
  return { ...evaluation, predictions };
}
