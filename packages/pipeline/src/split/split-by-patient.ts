import { FlcError } from '@flc-native/errors';
import { randomStream } from '../random/index.js';
import { counted } from '../text/counted.js';
import { apportion, assignPatients, everyClassEverywhere } from './assign.js';
import { type Cohort, cohortOf, type Patient, sumCounts } from './cohort.js';
import { fixedPartition } from './fixed-partition.js';
import { paperCounts } from './paper-counts.js';
import type { ClassCounts, Part, Partition, SplitSample, Splits } from './splits.js';

/** Lesions by class of each part. */
export type PartCounts = Record<Part, ClassCounts>;

/** How to divide a cohort; exactly one of the four ways. */
export type SplitOptions =
  | {
      /** Number of independent random partitions; the paper has 2. */
      readonly partitions: number;
      /** Train, val and test; the paper's average, 0.56, 0.22 and 0.22, if left out. */
      readonly fractions?: readonly [number, number, number];
      readonly seed?: number;
    }
  | {
      /** Exact lesions by class and part, one partition an entry; `'paper'` for both sets of the paper's Table 1. */
      readonly counts: 'paper' | readonly PartCounts[];
      readonly seed?: number;
    }
  | {
      /** Cross-validation: fold i is tested, fold i+1 is val, the others train; at least 3. */
      readonly folds: number;
      readonly seed?: number;
    }
  | {
      /** Lists of patients or cases, by pseudonym or by the name in the dataset. */
      readonly fixed: Record<Part, readonly string[]>;
      /** The key of the dataset's pseudonyms, so that lists may hold names. */
      readonly pseudonymKey?: Uint8Array | undefined;
      readonly seed?: number;
    };

const defaultFractions = [0.56, 0.22, 0.22] as const;

/**
 * Divides a cohort into train, val and test, by patient and stratified by the classes of the lesions. Samples without a
 * class take no part.
 *
 * @throws FlcError DATA_ERROR if the cohort is too small for every class to be in every part, or a patient would be in
 *   two parts; INVALID_CONFIG for impossible options
 */
export function splitByPatient(samples: readonly SplitSample[], options: SplitOptions): Splits {
  const seed = options.seed ?? 0;
  if (!Number.isInteger(seed) || seed < 0) {
    throw new FlcError('INVALID_CONFIG', 'The seed of a split is an integer from 0', {
      details: { seed },
    });
  }
  const cohort = cohortOf(samples);
  checkClasses(cohort);
  return {
    format: 'flc-splits',
    version: 1,
    seed,
    partitions: makePartitions(cohort, options, seed),
  };
}

function makePartitions(cohort: Cohort, options: SplitOptions, seed: number): Partition[] {
  if ('fixed' in options) return [fixedPartition(cohort, options.fixed, options.pseudonymKey)];
  if ('folds' in options) return foldPartitions(cohort, options.folds, seed);
  if ('counts' in options) {
    const wanted = options.counts === 'paper' ? paperCounts : options.counts;
    return wanted.map((counts, i) => countedPartition(cohort, counts, `set${i + 1}`, seed));
  }
  const { partitions, fractions = defaultFractions } = options;
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new FlcError('INVALID_CONFIG', 'The number of partitions is an integer from 1', {
      details: { partitions },
    });
  }
  if (fractions.length !== 3 || !fractions.every((fraction) => fraction > 0 && fraction < 1)) {
    throw new FlcError('INVALID_CONFIG', 'Fractions are three numbers between 0 and 1', {
      details: { fractions },
    });
  }
  checkPatientsPerClass(cohort, 3);
  return Array.from({ length: partitions }, (_, i) => {
    const name = `set${i + 1}`;
    const [train, val, test] = stratified(cohort, fractions, seed, name);
    return partitionOf(name, train, val, test);
  });
}

function foldPartitions(cohort: Cohort, folds: number, seed: number): Partition[] {
  if (!Number.isInteger(folds) || folds < 3) {
    throw new FlcError('INVALID_CONFIG', 'Cross-validation needs at least 3 folds', {
      details: { folds },
      remedy: 'One fold is tested, the next one is for validation and the others train.',
    });
  }
  checkPatientsPerClass(cohort, folds);
  const groups = stratified(cohort, new Array<number>(folds).fill(1 / folds), seed, 'folds');
  return groups.map((test, i) => {
    const next = (i + 1) % folds;
    const train = groups.filter((_, j) => j !== i && j !== next).flat();
    return partitionOf(`fold${i + 1}`, train, groups[next], test);
  });
}

/** Exact counts; lesions beyond them are used nowhere. */
function countedPartition(
  cohort: Cohort,
  wanted: PartCounts,
  name: string,
  seed: number,
): Partition {
  const unused: ClassCounts = {};
  for (const className of cohort.classes) {
    const sum = [wanted.train, wanted.val, wanted.test].map((counts) => counts[className] ?? 0);
    unused[className] = (cohort.counts[className] ?? 0) - sum.reduce((a, b) => a + b, 0);
  }
  const classes = new Set([wanted.train, wanted.val, wanted.test].flatMap(Object.keys));
  const lacking = [...classes].filter((className) => (unused[className] ?? -1) < 0);
  if (lacking.length > 0) {
    throw new FlcError('DATA_ERROR', `The cohort has too few lesions of ${lacking.join(', ')}`, {
      details: { partition: name, available: cohort.counts, wanted },
      remedy: 'Use fractions instead of exact counts.',
    });
  }
  const targets = [wanted.train, wanted.val, wanted.test, unused];
  const isExact = (groups: readonly Patient[][]) =>
    targets.every((target, i) => {
      const counts = sumCounts(groups[i] ?? []);
      return cohort.classes.every(
        (className) => (counts[className] ?? 0) === (target[className] ?? 0),
      );
    });
  const groups = assignPatients(cohort, targets, randomStream(seed, `split/${name}`), isExact);
  if (groups === undefined) {
    throw new FlcError('DATA_ERROR', 'No division by patient meets the wanted counts exactly', {
      details: { partition: name, available: cohort.counts, wanted },
      remedy: 'Patients with several lesions stay together; use fractions instead.',
    });
  }
  return partitionOf(name, groups[0], groups[1], groups[2]);
}

function stratified(
  cohort: Cohort,
  fractions: readonly number[],
  seed: number,
  name: string,
): Patient[][] {
  const targets: ClassCounts[] = fractions.map(() => ({}));
  for (const className of cohort.classes) {
    apportion(cohort.counts[className] ?? 0, fractions).forEach((count, i) => {
      (targets[i] as ClassCounts)[className] = count;
    });
  }
  const random = randomStream(seed, `split/${name}`);
  const groups = assignPatients(cohort, targets, random, (drawn) =>
    everyClassEverywhere(cohort, drawn),
  );
  if (groups === undefined) {
    throw new FlcError(
      'DATA_ERROR',
      'The cohort is too small for every class to be in every part',
      {
        details: { partition: name, available: cohort.counts, patients: cohort.patients.length },
        remedy: 'Add patients of the rare classes or use fewer folds.',
      },
    );
  }
  return groups;
}

/** There is nothing to tell apart in a cohort of one class: training would refuse each of its parts. */
function checkClasses({ classes, counts }: Cohort): void {
  if (classes.length >= 2) return;
  throw new FlcError('DATA_ERROR', `All lesions are of one class, ${classes[0]}; 2 are the least`, {
    details: { available: counts },
    remedy: 'Add lesions of another class, several patients of each, and prepare again.',
  });
}

function checkPatientsPerClass(cohort: Cohort, needed: number): void {
  for (const className of cohort.classes) {
    const patients = cohort.patients.filter((patient) => (patient.counts[className] ?? 0) > 0);
    if (patients.length >= needed) continue;
    throw new FlcError(
      'DATA_ERROR',
      `Class ${className} has lesions of ${counted(patients.length, 'patient')}; ${needed} are needed for every part to have one`,
      {
        details: { class: className, patients: patients.length, needed },
        remedy: 'Add patients of this class or leave the class out.',
      },
    );
  }
}

function partitionOf(
  name: string,
  train: readonly Patient[] = [],
  val: readonly Patient[] = [],
  test: readonly Patient[] = [],
): Partition {
  const ids = (patients: readonly Patient[]) => patients.map((patient) => patient.id).sort();
  return {
    name,
    train: ids(train),
    val: ids(val),
    test: ids(test),
    counts: { train: sumCounts(train), val: sumCounts(val), test: sumCounts(test) },
  };
}
