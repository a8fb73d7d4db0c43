import { readFileSync } from 'node:fs';
import { randomStream } from '@flc-native/pipeline';
import { describe, expect, it } from 'vitest';
import type { LesionPrediction } from '../src/evaluation.js';
import { jointMeasures } from '../src/metrics/joint-measures.js';
import { compareMethods } from '../src/statistics/compare-methods.js';
import { holm } from '../src/statistics/holm.js';
import { exactMcNemar } from '../src/statistics/mcnemar.js';
import { pairDecisions } from '../src/statistics/paired-decisions.js';
import { pairedDifference } from '../src/statistics/paired-difference.js';
import { principalPlane, project } from '../src/statistics/principal-components.js';
import { signFlipTest } from '../src/statistics/sign-flip.js';
import { studentQuantile975 } from '../src/statistics/student.js';
import { classes, prediction } from './predictions.js';

interface Estimate {
  value: number;
  interval: [number, number];
}

/** Written by test/reference/comparison.py with statsmodels 0.14.5, scikit-learn 1.7.2, SciPy 1.17.1 and NumPy 2.4.6. */
const reference = JSON.parse(
  readFileSync(new URL('./reference/comparison.json', import.meta.url), 'utf8'),
) as {
  mcnemar: { onlyFirst: number; onlySecond: number; pValue: number }[];
  holm: { pValues: number[]; corrected: number[] }[];
  signFlip: { sums: number[]; pValue: number }[];
  student: [number, number][];
  paired: {
    /** Lesion, patient, truth, first decision, second decision. */
    partitions: [number, number, number, number, number][][];
    difference: number;
    interval: [number, number];
    standardError: number;
    bootstrapError: number;
    pValue: number;
    lesions: number;
    onlyFirst: number;
    onlySecond: number;
    mcnemar: number;
  };
  joint: Record<'accuracy' | 'balancedAccuracy' | 'macroF1' | 'kappa', Estimate>;
  pca: {
    proportions: number[][];
    components: number[][];
    explained: number[];
    points: [number, number][];
  };
};

/** The reference's decisions of the method in column 3 or 4. */
function decisions(column: 3 | 4) {
  return reference.paired.partitions.map((rows, p) => ({
    run: `set${p + 1}`,
    partition: `set${p + 1}`,
    predictions: rows.map((row) =>
      prediction({
        id: `lesion-${row[0]}`,
        patientId: `patient-${row[1]}`,
        truth: classes[row[2]] ?? '',
        predicted: classes[row[column]] ?? '',
      }),
    ),
  }));
}

describe('McNemar and Holm', () => {
  it.each(reference.mcnemar)('gives the exact p-value of statsmodels: %o', (of) => {
    expect(exactMcNemar(of.onlyFirst, of.onlySecond)).toBeCloseTo(of.pValue, 10);
    expect(exactMcNemar(of.onlySecond, of.onlyFirst)).toBeCloseTo(of.pValue, 10);
  });

  it.each(reference.holm)('corrects as statsmodels does: %o', ({ pValues, corrected }) => {
    holm(pValues).forEach((p, i) => {
      expect(p).toBeCloseTo(corrected[i] ?? Number.NaN, 12);
    });
  });
});

const options = () => ({ draws: 1000, random: randomStream(1, 'test') });

describe('the sign-flip test', () => {
  it.each(reference.signFlip)('counts all signs as SciPy does: %o', ({ sums, pValue }) => {
    const found = signFlipTest(sums, options());
    expect(found.method).toBe('exact');
    expect(found.pValue).toBeCloseTo(pValue, 12);
  });

  it.each(reference.mcnemar)('is the exact McNemar test with one lesion a patient: %o', (of) => {
    const sums = [...Array(of.onlyFirst).fill(1), ...Array(of.onlySecond).fill(-1), 0, 0];
    expect(signFlipTest(sums, options()).pValue).toBeCloseTo(of.pValue, 10);
  });

  it('draws signs where there are too many to count, and never gives 0', () => {
    // Sums of powers of two differ for all 2^40 assignments; only two of them are as far from 0 as all of one sign.
    const sums = Array.from({ length: 40 }, (_, i) => 2 ** i);
    const found = signFlipTest(sums, options());
    expect(found).toEqual({ method: 'monte-carlo', pValue: expect.closeTo(1 / 1001, 12) });
    // Totals are all odd numbers up to 2^40; half of them are as far from 0 as 2^39 - 1.
    sums[38] = -(2 ** 38);
    const half = signFlipTest(sums, { ...options(), draws: 20_000 });
    expect(Math.abs(half.pValue - 0.5)).toBeLessThan(0.015);
  });

  it('rejects equal methods no more often than it says, with lesions of a patient alike', () => {
    const random = randomStream(2, 'null');
    let rejected = 0;
    for (let trial = 0; trial < 1000; trial++) {
      const sums = Array.from({ length: 6 }, () => {
        const sign = random.uniform() < 0.5 ? 1 : -1;
        return sign * [0, 1, 2].filter(() => random.uniform() < 0.3).length;
      });
      if (signFlipTest(sums, options()).pValue <= 0.05) rejected++;
    }
    expect(rejected / 1000).toBeLessThan(0.05);
  });
});

describe('the paired difference', () => {
  const pairs = pairDecisions(decisions(3), decisions(4));
  const { paired } = reference;

  it('has the interval of SciPy’s t and NumPy’s error over patients, and the p of 200,000 flips', () => {
    const found = pairedDifference(pairs, options());
    expect(found.difference).toBeCloseTo(paired.difference, 12);
    expect(found.standardError).toBeCloseTo(paired.standardError, 12);
    expect(found.interval?.lower).toBeCloseTo(paired.interval[0], 4);
    expect(found.interval?.upper).toBeCloseTo(paired.interval[1], 4);
    expect(found.pMethod).toBe('exact');
    expect(Math.abs(found.pValue - paired.pValue)).toBeLessThan(0.0005);
    // The linearized error is that of a bootstrap of patients.
    expect((found.standardError ?? 0) / paired.bootstrapError).toBeCloseTo(1, 1);
  });

  it('takes quantiles of t as SciPy does', () => {
    for (const [df, expected] of reference.student)
      expect(Math.abs(studentQuantile975(df) - expected)).toBeLessThan(3e-4);
  });

  it('is surer of other patients than of the same ones in two partitions', () => {
    const error = (patientOf: (i: number, partition: number) => string) => {
      const twice = [0, 1].flatMap((partition) =>
        Array.from({ length: 80 }, (_, i) => ({
          id: patientOf(i, partition),
          patientId: patientOf(i, partition),
          partition: `set${partition}`,
          firstRight: i % 3 !== 0,
          secondRight: i % 2 !== 0,
        })),
      );
      return pairedDifference(twice, options()).standardError ?? Number.NaN;
    };
    const ratio = error((i) => `${i}`) / error((i, p) => `${i} ${p}`);
    // The same patients twice are worth half as many: the error grows by the square root of two.
    expect(ratio).toBeCloseTo(Math.SQRT2, 1);
  });

  // Two patients with four lesions each, of which the second method gets one wrong: 25 points, and nothing shown.
  it.each([
    [2, 0.5],
    [5, 0.0625],
  ])('claims nothing on %i patients', (patients, pValue) => {
    const few = Array.from({ length: 4 * patients }, (_, i) => ({
      id: `${i}`,
      patientId: `${i % patients}`,
      partition: 'set1',
      firstRight: true,
      secondRight: i >= patients,
    }));
    const found = pairedDifference(few, options());
    expect(found).toMatchObject({ difference: 0.25, interval: null, standardError: null });
    expect(found.pValue).toBeCloseTo(pValue, 12);
    expect(found.reason).toContain(`differ on ${patients} patients`);
  });

  it('has no interval of zero width where all patients differ alike', () => {
    const alike = Array.from({ length: 8 }, (_, i) => ({
      ...{ id: `${i}`, patientId: `${i}`, partition: 'set1' },
      ...{ firstRight: true, secondRight: false },
    }));
    const found = pairedDifference(alike, options());
    expect(found).toMatchObject({ difference: 1, interval: null });
    expect(found.reason).toContain('same in every patient');
    expect(found.pValue).toBeCloseTo(2 / 2 ** 8, 12);
  });

  it('takes seeds of a partition for one partition', () => {
    const seeded = [1, 2, 3].flatMap(() => pairs);
    const found = pairedDifference(seeded, options());
    const once = pairedDifference(pairs, options());
    expect(found.difference).toBeCloseTo(once.difference, 12);
    expect(found.standardError).toBeCloseTo(once.standardError ?? Number.NaN, 12);
    expect(found.pValue).toBeCloseTo(once.pValue, 12);
  });
});

describe('methods against a reference', () => {
  const first = decisions(3);
  const others = [
    { method: 'second', decisions: decisions(4) },
    { method: 'itself', decisions: first },
  ];
  const [second, itself] = compareMethods(first, others, { draws: 4000 });

  it('counts a lesion of two test parts once for McNemar', () => {
    const { paired } = reference;
    expect(second).toMatchObject({ lesions: paired.lesions, onlyReference: paired.onlyFirst });
    expect(second?.onlyOther).toBe(paired.onlySecond);
    expect(second?.mcNemar).toBeCloseTo(paired.mcnemar, 10);
    expect(second?.correctedMcNemar).toBeCloseTo(2 * paired.mcnemar, 10);
  });

  it('finds nothing between a method and itself', () => {
    expect(itself).toMatchObject({ difference: 0, mcNemar: 1, pValue: 1, detectable: null });
  });

  // Of 200 cohorts in which the methods truly differ by what is called detectable, about 80 % must show it.
  it('calls detectable what a simulation detects in four cohorts of five', () => {
    const random = randomStream(3, 'power');
    const lesions = 150;
    const cohort = (gain: number) => {
      const decided = Array.from({ length: lesions }, (_, i) => {
        const u = random.uniform();
        const [one, two] = u < 0.12 ? [1, 0] : u < 0.24 - gain ? [0, 1] : [1, 1];
        return [i, one, two] as const;
      });
      const of = (pick: 1 | 2): LesionPrediction[] =>
        decided.map((row) =>
          prediction({
            id: `${row[0]}`,
            patientId: `${row[0]}`,
            predicted: row[pick] === 1 ? 'cyst' : 'hcc',
          }),
        );
      const run = (pick: 1 | 2) => [{ run: 'set1', partition: 'set1', predictions: of(pick) }];
      return compareMethods(run(1), [{ method: 'other', decisions: run(2) }], { draws: 200 });
    };
    const detectable = cohort(0.08)[0]?.detectable ?? 0;
    const trials = 200;
    let found = 0;
    for (let i = 0; i < trials; i++) {
      const [row] = cohort(detectable);
      if ((row?.difference ?? 0) > 1.96 * (row?.standardError ?? 1)) found++;
    }
    expect(found / trials).toBeGreaterThan(0.68);
    expect(found / trials).toBeLessThan(0.92);
  });

  it('leaves out a method that shares no lesion', () => {
    const rows = compareMethods(first, [{ method: 'none', decisions: [] }], { draws: 10 });
    expect(rows).toEqual([]);
  });
});

describe('scores over partitions', () => {
  const runs = decisions(3).map((run) => [run.predictions]);
  const joint = jointMeasures(runs, classes, {
    replicates: 4000,
    random: randomStream(1, 'test'),
  });

  it.each(['accuracy', 'balancedAccuracy', 'macroF1', 'kappa'] as const)(
    'gives %s and its interval as scikit-learn and NumPy do',
    (name) => {
      const measure = joint[name];
      const expected = reference.joint[name];
      expect(measure.value).toBeCloseTo(expected.value, 12);
      if (measure.value === null) throw new Error('a value was expected');
      expect(Math.abs((measure.interval?.lower ?? 9) - expected.interval[0])).toBeLessThan(0.012);
      expect(Math.abs((measure.interval?.upper ?? 9) - expected.interval[1])).toBeLessThan(0.012);
    },
  );

  it('leaves a partition without the class out of the mean', () => {
    const [[set1 = []] = [], [set2 = []] = []] = runs;
    const without = set2.filter((of) => of.truth !== 'cyst');
    const options = { replicates: 100, random: randomStream(1, 'test') };
    const both = jointMeasures([[set1], [without]], classes, options).perClass[0]?.accuracy;
    const one = jointMeasures([[set1]], classes, options).perClass[0]?.accuracy;
    expect(both?.value).toBe(one?.value);
  });

  it('has reasons, not numbers, without any partition', () => {
    const none = jointMeasures([], classes, { replicates: 10, random: randomStream(1, 'test') });
    expect(none.accuracy).toMatchObject({ value: null, reason: 'no partition was evaluated' });
    expect(none.kappa).toMatchObject({ value: null, reason: 'no partition was evaluated' });
  });
});

describe('the plane of largest variance', () => {
  const { pca } = reference;

  it('is that of scikit-learn', () => {
    const plane = principalPlane(pca.proportions);
    plane.axes.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(pca.components.flat()[i] ?? Number.NaN, 9);
    });
    plane.explained.forEach((share, k) => {
      expect(share).toBeCloseTo(pca.explained[k] ?? Number.NaN, 9);
    });
    pca.proportions.forEach((point, i) => {
      const [x, y] = project(plane, point);
      expect(x).toBeCloseTo(pca.points[i]?.[0] ?? Number.NaN, 9);
      expect(y).toBeCloseTo(pca.points[i]?.[1] ?? Number.NaN, 9);
    });
  });

  it('has numbers where nothing varies', () => {
    const plane = principalPlane([[0.5, 0.5]]);
    expect(plane.explained).toEqual([0, 0]);
    expect(project(plane, [0.5, 0.5])).toEqual([0, 0]);
  });
});
