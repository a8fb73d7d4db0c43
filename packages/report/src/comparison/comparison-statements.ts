import { percent, percentInterval, pText, undefinedMark } from '../format/number.js';
import { notADevice, syntheticData } from '../statements.js';
import type { ComparedMethod, ComparisonModel } from './comparison-model.js';

export const aboutComparison =
  'Methods that classify focal liver lesions in multi-phase CT, each trained and tested on the same partitions: the comparison of Liang et al., MICCAI 2018, Table 2, on other data.';

/** What every output form says first. */
export function comparisonBanners(model: ComparisonModel): string[] {
  return [
    ...(model.synthetic ? [syntheticData] : []),
    notADevice,
    ...(model.caption === null ? [] : [model.caption]),
  ];
}

/** The plain statement beside the paper's column. */
export function dataDiffer(model: ComparisonModel): string {
  const ours = model.synthetic ? 'computer-generated phantoms' : 'another cohort';
  return `The paper’s numbers come from 480 CT slices that are private; ours come from ${ours}. The data differ, so a difference between the columns says nothing about which implementation is better.`;
}

/** Why cells of a row are missing: partitions without results, classes without lesions. */
export function missingNotes(model: ComparisonModel, method: ComparedMethod): string[] {
  const { entry, missing, runs, summary } = method;
  const told = missing.map(
    ({ partition, code, message, remedy }) =>
      `${entry.title}, ${partition}: ${code}, ${message}${remedy === undefined ? '' : ` ${remedy}`}`,
  );
  const known = new Set([...runs, ...missing].map((of) => of.partition));
  const untold = model.partitions
    .filter((partition) => !known.has(partition))
    .map((partition) => `${entry.title}, ${partition}: not run.`);
  const absent = summary.perClass.flatMap(({ accuracy }) =>
    runs.length > 0 && accuracy.values.includes(null)
      ? [`${entry.title}: ${accuracy.reason}.`]
      : [],
  );
  return [...told, ...untold, ...new Set(absent)];
}

/** What a cohort of this size allows one to conclude. */
export function conclusions(model: ComparisonModel): string[] {
  const { size, unit } = model;
  const { partitions, seeds } = size;
  const trained = seeds === 1 ? '' : `, each trained with ${seeds} seeds`;
  const sentences = [
    `${size.lesions} ${unit}s of ${size.patients} patients are tested in ${count(partitions, 'partition')}${trained}: ${size.decisions} decisions per method. ${size.repeated} ${unit}s are in the test part of more than one partition. Intervals and the sign-flip test take a patient as one, in however many partitions and trainings; McNemar’s test counts a ${unit} once.`,
  ];
  if (partitions > 1) {
    sentences.push(
      `A standard deviation over ${partitions} partitions has ${count(partitions - 1, 'degree')} of freedom${partitions < 6 ? ' and says little; read the intervals' : ''}.`,
    );
  }
  sentences.push(
    seeds === 1
      ? 'Each method was trained once on each partition. Intervals and p-values are about other patients for these trained models; what another training would change is not in them.'
      : `Intervals and p-values are about other patients for these trained models. What another training changes is in the standard deviation over seeds alone, of ${seeds} trainings on each partition.`,
  );
  return [...sentences, ...aboutProbabilities(model), ...aboutReference(model)];
}

const count = (n: number, word: string) => `${n} ${word}${n === 1 ? '' : 's'}`;

/** Share of decisions from which on a row's probabilities are said to belong to another decision. */
const manyLessProbable = 0.05;

function aboutProbabilities({ methods, unit }: ComparisonModel): string[] {
  const named = methods.flatMap(({ entry, runs }) => {
    const { less, of } = sumOfLessProbable(runs);
    return of > 0 && less / of >= manyLessProbable ? [`${entry.title} (${less} of ${of})`] : [];
  });
  if (named.length === 0) return [];
  return [
    `The decided class of many ${unit}s is not the most probable one in: ${named.join('; ')}. AUC and calibration error of such a row describe another decision than its accuracy.`,
  ];
}

/** Decisions for another class than the most probable one, of those with probabilities. */
export function sumOfLessProbable(runs: ComparedMethod['runs']): { less: number; of: number } {
  const known = runs.filter(({ metrics }) => metrics.lessProbable !== null);
  return {
    less: known.reduce((sum, { metrics }) => sum + (metrics.lessProbable ?? 0), 0),
    of: known.reduce((sum, { metrics }) => sum + metrics.lesions, 0),
  };
}

function aboutReference({ reference, tests, methods }: ComparisonModel): string[] {
  if (reference === null)
    return ['No method is tested against a reference: no network row has results.'];
  const { title } = reference.entry;
  const { accuracy } = reference.joint;
  const sentences = [];
  if (percentInterval(accuracy) !== undefinedMark) {
    sentences.push(
      `The accuracy of ${title} as trained here is ${percent(accuracy.value)} in this sample of patients; its 95 % interval is ${percentInterval(accuracy)}.`,
    );
  }
  const detectable = tests.flatMap((test) => test.detectable ?? []);
  if (detectable.length > 0) {
    const least = (100 * Math.min(...detectable)).toFixed(1);
    const most = (100 * Math.max(...detectable)).toFixed(1);
    sentences.push(
      `To be found with a power of 80 % at the 5 % level, a true difference from ${title} must be at least ${least === most ? `${least} points` : `${least} to ${most} points, depending on the method`}, and more after the correction for ${count(tests.length, 'comparison')}. Smaller ones cannot be told from chance in this cohort.`,
    );
  }
  const found = tests.filter((test) => test.correctedPValue < 0.05);
  if (tests.length > 0) {
    const names = found.map(
      ({ method, correctedPValue }) =>
        `${methods.find((of) => of.entry.method === method)?.entry.title ?? method} (p ${pText(correctedPValue).replace(/^(?=\d)/, '= ')})`,
    );
    sentences.push(
      found.length === 0
        ? `After the correction no method differs from ${title} at the 5 % level. That is no proof that they are equal.`
        : `After the correction ${found.length} of ${tests.length} differ from ${title}, as trained here, at the 5 % level: ${names.join('; ')}. Of the others nothing is shown, neither a difference nor equality.`,
    );
  }
  return sentences;
}
