import { describe, expect, it } from 'vitest';
import { quantile } from '../src/metrics/bootstrap.js';
import { computeMetrics } from '../src/metrics/metrics.js';
import { wilsonInterval } from '../src/metrics/wilson.js';
import { classes, prediction, reference, toPredictions } from './predictions.js';

const digits = 12;
const options = { replicates: 0 };

describe.each(reference.cases.map((source, i) => ({ source, name: `reference case ${i}` })))(
  '$name',
  ({ source }) => {
    const { expected } = source;
    const metrics = computeMetrics(toPredictions(source), classes, options);

    it('gives the scores of scikit-learn', () => {
      expect(metrics.accuracy.value).toBeCloseTo(expected.accuracy, digits);
      expect(metrics.balancedAccuracy.value).toBeCloseTo(expected.balancedAccuracy, digits);
      expect(metrics.macroF1.value).toBeCloseTo(expected.macroF1, digits);
      expect(metrics.kappa.value).toBeCloseTo(expected.kappa, digits);
      expect(metrics.macroAuc.value).toBeCloseTo(expected.macroAuc, digits);
      expect(metrics.confusion).toEqual(expected.confusion);
    });

    it('gives the per-class scores of scikit-learn', () => {
      metrics.perClass.forEach((of, c) => {
        expect(of.accuracy.value).toBeCloseTo(expected.sensitivity[c] ?? Number.NaN, digits);
        expect(of.specificity.value).toBeCloseTo(expected.specificity[c] ?? Number.NaN, digits);
        expect(of.f1.value).toBeCloseTo(expected.f1[c] ?? Number.NaN, digits);
        expect(of.auc.value).toBeCloseTo(expected.auc[c] ?? Number.NaN, digits);
      });
    });

    it('gives the Wilson intervals of statsmodels on the effective number of lesions, and exact counts', () => {
      const shares = [metrics.accuracy, ...metrics.perClass.map((of) => of.accuracy)];
      shares.forEach((of, i) => {
        const [lower, upper] = [expected.interval, ...expected.intervalByClass][i] ?? [];
        expect(of).toMatchObject({ interval: { method: 'wilson', level: 0.95 } });
        if (of.value === null) return;
        expect(of.interval?.lower).toBeCloseTo(lower ?? Number.NaN, 10);
        expect(of.interval?.upper).toBeCloseTo(upper ?? Number.NaN, 10);
        expect(of.value).toBe(of.count / of.of);
      });
      expect(metrics.accuracy.of).toBe(source.truth.length);
    });

    it('gives the expected calibration error of the confidences', () => {
      expect(metrics.calibrationError.value).toBeCloseTo(expected.calibrationError, digits);
    });
  },
);

describe('intervals', () => {
  it('matches statsmodels at and near the ends of Wilson', () => {
    for (const { count, of, interval } of reference.wilson) {
      const found = wilsonInterval(count / of, of);
      expect(found.lower).toBeCloseTo(interval[0], digits);
      expect(found.upper).toBeCloseTo(interval[1], digits);
    }
  });

  it('takes quantiles as NumPy does', () => {
    const { values, q, expected } = reference.quantiles;
    const sorted = Float64Array.from(values).sort();
    q.forEach((p, i) => {
      expect(quantile(sorted, p)).toBeCloseTo(expected[i] ?? Number.NaN, digits);
    });
  });

  it('repeats itself with the same seed', () => {
    const predictions = toPredictions(reference.cases[1] as (typeof reference.cases)[number]);
    const run = () => computeMetrics(predictions, classes, { replicates: 200 });
    expect(run()).toEqual(run());
  });

  it('takes lesions of a patient that are always alike for one', () => {
    const of = (lesionsPerPatient: number) => {
      const predictions = Array.from({ length: 30 * lesionsPerPatient }, (_, i) => {
        const patient = Math.floor(i / lesionsPerPatient);
        const predicted = patient % 4 === 0 ? 'hcc' : 'cyst';
        return prediction({ id: `${i}`, patientId: `${patient}`, predicted });
      });
      return computeMetrics(predictions, classes, options).accuracy;
    };
    const [ten, one] = [of(10), of(1)];
    if (ten.value === null || one.value === null) throw new Error('values were expected');
    expect(ten.interval?.lower).toBeCloseTo(one.interval?.lower ?? Number.NaN, 2);
    expect(ten.interval?.upper).toBeCloseTo(one.interval?.upper ?? Number.NaN, 2);
  });

  it.each([
    ['right', 12, 12, 'cyst'],
    ['right, three patients', 24, 3, 'cyst'],
    ['wrong', 12, 12, 'hcc'],
    ['of one patient', 20, 1, 'cyst'],
  ])('are never of zero width, with every decision %s', (_, n, patients, predicted) => {
    const predictions = Array.from({ length: n }, (_, i) =>
      prediction({ id: `${i}`, patientId: `${i % patients}`, truth: 'cyst', predicted }),
    );
    const { accuracy, perClass, macroAuc } = computeMetrics(predictions, ['cyst', 'hcc']);
    // Wilson's interval of as many trials as there are patients: statsmodels, proportion_confint(n, n, method='wilson').
    const expected = { 12: 0.7575, 3: 0.4385, 1: 0.2065 }[patients] ?? Number.NaN;
    for (const of of [accuracy, perClass[0]?.accuracy]) {
      if (of === undefined || of.value === null || of.interval === null) throw new Error('none');
      const { lower, upper } = of.interval;
      expect(predicted === 'cyst' ? lower : 1 - upper).toBeCloseTo(expected, 4);
    }
    expect(macroAuc.value).toBeNull();
  });

  it('draws patients only where ten of them have a wrong and ten a right decision', () => {
    const of = (wrong: number) =>
      computeMetrics(
        Array.from({ length: 60 }, (_, i) => {
          const truth = i % 2 === 0 ? 'cyst' : 'hcc';
          const other = truth === 'cyst' ? 'hcc' : 'cyst';
          const predicted = i < wrong ? other : truth;
          return prediction({ id: `${i}`, patientId: `${i}`, truth, predicted });
        }),
        ['cyst', 'hcc'],
        { replicates: 200 },
      ).kappa;
    expect(of(9)).toMatchObject({ interval: null, reason: expect.stringContaining('only 9') });
    expect(of(0)).toMatchObject({ value: 1, interval: null });
    expect(of(10)).toMatchObject({ interval: { method: 'bootstrap' } });
  });

  it('leaves out all of them where it is told why', () => {
    const metrics = computeMetrics(
      toPredictions(reference.cases[0] as (typeof reference.cases)[number]),
      classes,
      { noIntervals: 'no test part' },
    );
    expect(metrics.accuracy).toMatchObject({ interval: null, reason: 'no test part' });
    expect(JSON.stringify(metrics)).not.toContain('"level"');
  });
});

describe('decisions for another class than the most probable one', () => {
  it('are counted, ties not', () => {
    const of = (predicted: string, probabilities: number[]) =>
      prediction({ id: probabilities.join(), predicted, probabilities });
    const lesions = [
      of('cyst', [0.2, 0.8, 0, 0]),
      of('cyst', [0.5, 0.5, 0, 0]),
      of('cyst', [0.9, 0.1, 0, 0]),
    ];
    expect(computeMetrics(lesions, classes, options).lessProbable).toBe(1);
    expect(computeMetrics([prediction({})], classes, options).lessProbable).toBeNull();
  });
});

describe('what is undefined', () => {
  const predictions = [
    prediction({ id: 'a', patientId: 'p', truth: 'cyst', predicted: 'cyst' }),
    prediction({ id: 'b', patientId: 'q', truth: 'fnh', predicted: 'hem' }),
    prediction({ id: 'c', patientId: 'r', truth: null, predicted: 'hem' }),
  ];
  const metrics = computeMetrics(predictions, classes);

  it('is null with the absent class as the reason', () => {
    const reason = 'no lesion of class hcc in the truth';
    expect(metrics.perClass[2]?.accuracy).toEqual({ count: 0, of: 0, value: null, reason });
    expect(metrics.perClass[2]?.f1).toEqual({ value: null, reason });
    expect(metrics.balancedAccuracy).toEqual({ value: null, reason });
    expect(metrics.macroF1).toEqual({ value: null, reason });
    expect(metrics.macroAuc).toEqual({ value: null, reason: 'no class probabilities' });
    expect(metrics.calibrationError).toEqual({ value: null, reason: 'no class probabilities' });
  });

  it('never becomes NaN, and a measured zero stays a zero', () => {
    expect(JSON.stringify(metrics)).not.toContain('NaN');
    expect(metrics.perClass[1]?.accuracy).toMatchObject({ count: 0, of: 1, value: 0 });
    expect(metrics.perClass[1]?.f1.value).toBe(0);
  });

  it('lists lesions without truth and does not score them', () => {
    expect(metrics.unlabelled).toEqual(['c']);
    expect(metrics.lesions).toBe(2);
    expect(metrics.accuracy).toMatchObject({ count: 1, of: 2 });
  });

  it('covers a cohort without any truth', () => {
    const none = computeMetrics([prediction({ truth: null })], classes);
    expect(none.accuracy).toEqual({ count: 0, of: 0, value: null, reason: 'no labelled lesion' });
    expect(none.kappa).toEqual({ value: null, reason: 'no labelled lesion' });
  });

  it('covers kappa of one class throughout', () => {
    const one = computeMetrics([prediction({ id: 'a' }), prediction({ id: 'b' })], classes);
    expect(one.kappa.value).toBeNull();
  });
});

describe('bad predictions', () => {
  it.each([
    ['an unknown class', [prediction({ predicted: 'abscess' })]],
    ['an unknown true class', [prediction({ truth: 'abscess' })]],
    ['an id twice', [prediction({}), prediction({})]],
    ['logits', [prediction({ probabilities: [2, -1, 0, 0] })]],
    ['too few probabilities', [prediction({ probabilities: [0.5, 0.5] })]],
    ['NaN', [prediction({ probabilities: [Number.NaN, 0, 0, 1] })]],
  ])('refuses %s', (_, predictions) => {
    expect(() => computeMetrics(predictions, classes)).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
  });
});
