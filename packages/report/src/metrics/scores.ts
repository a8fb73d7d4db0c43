import { type ConfusionMatrix, correct, outcomesOf, total } from './confusion.js';
import { defined, type Measure, meanOf, notDefined } from './measure.js';

export const nothingScored = 'no labelled lesion';

/** Why a class has no sensitivity: the sentence is the same wherever it is printed. */
export function absent(className: string): string {
  return `no lesion of class ${className} in the truth`;
}

/** Share of the lesions of class `c` that are called `c`: the paper's accuracy of a class. */
function sensitivity(matrix: ConfusionMatrix, c: number, className: string): Measure {
  const { truePositive, falseNegative } = outcomesOf(matrix, c);
  const n = truePositive + falseNegative;
  return n === 0 ? notDefined(absent(className)) : defined(truePositive / n);
}

/** F1 of class `c`, 2 TP / (2 TP + FP + FN): 0 for a class that is never predicted, undefined for one never true. */
export function f1(matrix: ConfusionMatrix, c: number, className: string): Measure {
  const { truePositive, falsePositive, falseNegative } = outcomesOf(matrix, c);
  if (truePositive + falseNegative === 0) return notDefined(absent(className));
  return defined((2 * truePositive) / (2 * truePositive + falsePositive + falseNegative));
}

/** Mean of the sensitivities of all classes. */
export function balancedAccuracy(matrix: ConfusionMatrix, classes: readonly string[]): Measure {
  if (total(matrix) === 0) return notDefined(nothingScored);
  return meanOf(classes.map((name, c) => sensitivity(matrix, c, name)));
}

/** Mean of the F1 of all classes. */
export function macroF1(matrix: ConfusionMatrix, classes: readonly string[]): Measure {
  if (total(matrix) === 0) return notDefined(nothingScored);
  return meanOf(classes.map((name, c) => f1(matrix, c, name)));
}

/** Cohen's kappa, unweighted (Cohen, Educ. Psychol. Meas. 20:37, 1960). */
export function kappa(matrix: ConfusionMatrix): Measure {
  const n = total(matrix);
  if (n === 0) return notDefined(nothingScored);
  let expected = 0;
  for (let c = 0; c < matrix.size; c++) {
    const { truePositive, falseNegative, falsePositive } = outcomesOf(matrix, c);
    expected += ((truePositive + falseNegative) / n) * ((truePositive + falsePositive) / n);
  }
  if (expected >= 1 - 1e-12) {
    return notDefined('truth and prediction are one and the same class throughout');
  }
  return defined((correct(matrix) / n - expected) / (1 - expected));
}
