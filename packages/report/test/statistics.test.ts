import { readFileSync } from 'node:fs';
import { randomStream } from '@flc-native/pipeline';
import { describe, expect, it } from 'vitest';
import type { LesionPrediction } from '../src/evaluation.js';
import { compareMethods } from '../src/statistics/compare-methods.js';
import { holm } from '../src/statistics/holm.js';
import { jointMeasures } from '../src/statistics/joint-intervals.js';
import { exactMcNemar } from '../src/statistics/mcnemar.js';
import { pairedBootstrap } from '../src/statistics/paired-bootstrap.js';
import { pairDecisions } from '../src/statistics/paired-decisions.js';
import { principalPlane, project } from '../src/statistics/principal-components.js';
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
  paired: {
    /** Lesion, patient, truth, first decision, second decision. */
    partitions: [number, number, number, number, number][][];
    difference: number;
    interval: [number, number];
    standardError: number;
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

describe('the paired bootstrap', () => {
  const pairs = pairDecisions(decisions(3), decisions(4));
  const { paired } = reference;

  it('draws patients jointly as 200,000 NumPy replicates do, up to Monte Carlo error', () => {
    const found = pairedBootstrap(pairs, { replicates: 20_000, random: randomStream(1, 'test') });
    expect(found.difference).toBeCloseTo(paired.difference, 12);
    expect(found.interval?.lower).toBeCloseTo(paired.interval[0], 2);
    expect(found.interval?.upper).toBeCloseTo(paired.interval[1], 2);
    expect((found.standardError ?? 0) / paired.standardError).toBeCloseTo(1, 1);
    expect(Math.abs((found.pValue ?? 9) - paired.pValue)).toBeLessThan(0.001);
  });

  it('is wider when the partitions test the same patients than when they test others', () => {
    const width = (patientOf: (i: number, partition: number) => string) => {
      const twice = [0, 1].flatMap((partition) =>
        Array.from({ length: 80 }, (_, i) => ({
          id: `${i}`,
          patientId: patientOf(i, partition),
          partition: `set${partition}`,
          firstRight: i % 3 !== 0,
          secondRight: i % 2 !== 0,
        })),
      );
      return pairedBootstrap(twice, { replicates: 2000, random: randomStream(1, 'test') })
        .standardError;
    };
    const ratio = (width((i) => `${i}`) ?? 0) / (width((i, p) => `${i} ${p}`) ?? 1);
    // The same patients twice are worth half as many: the error grows by the square root of two.
    expect(ratio).toBeGreaterThan(1.3);
    expect(ratio).toBeLessThan(1.55);
  });

  it('has no interval for one patient', () => {
    const one = pairs.slice(0, 1);
    const found = pairedBootstrap(one, { replicates: 100, random: randomStream(1, 'test') });
    expect(found).toMatchObject({ interval: null, pValue: null, standardError: null });
  });
});

describe('methods against a reference', () => {
  const first = decisions(3);
  const others = [
    { method: 'second', decisions: decisions(4) },
    { method: 'itself', decisions: first },
  ];
  const [second, itself] = compareMethods(first, others, { replicates: 4000 });

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
      const run = (pick: 1 | 2) => [{ partition: 'set1', predictions: of(pick) }];
      return compareMethods(run(1), [{ method: 'other', decisions: run(2) }], { replicates: 200 });
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
    const rows = compareMethods(first, [{ method: 'none', decisions: [] }], { replicates: 10 });
    expect(rows).toEqual([]);
  });
});

describe('scores over partitions', () => {
  const runs = decisions(3).map((run) => run.predictions);
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
    const [set1 = [], set2 = []] = runs;
    const without = set2.filter((of) => of.truth !== 'cyst');
    const options = { replicates: 100, random: randomStream(1, 'test') };
    const both = jointMeasures([set1, without], classes, options).perClass[0];
    const one = jointMeasures([set1], classes, options).perClass[0];
    expect(both?.value).toBe(one?.value);
  });

  it('has reasons, not numbers, without any partition', () => {
    const none = jointMeasures([], classes, { replicates: 10, random: randomStream(1, 'test') });
    expect(none.accuracy).toEqual({ value: null, reason: 'no partition was evaluated' });
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
