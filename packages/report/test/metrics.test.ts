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

    it('gives the Wilson intervals of statsmodels and exact counts', () => {
      const bounds = [metrics.accuracy, ...metrics.perClass.map((of) => of.accuracy)];
      bounds.forEach((of, i) => {
        const [lower, upper] = [expected.wilson, ...expected.wilsonByClass][i] ?? [];
        expect(of).toMatchObject({ interval: { method: 'wilson', level: 0.95 } });
        if (of.value === null) return;
        expect(of.interval?.lower).toBeCloseTo(lower ?? Number.NaN, digits);
        expect(of.interval?.upper).toBeCloseTo(upper ?? Number.NaN, digits);
        expect(of.value).toBe(of.count / of.of);
      });
      expect(metrics.accuracy.of).toBe(source.truth.length);
    });

    it('gives the expected calibration error of the confidences', () => {
      expect(metrics.calibrationError.value).toBeCloseTo(expected.calibrationError, digits);
    });

    it('draws patients as 200,000 NumPy replicates do, up to Monte Carlo error', () => {
      const drawn = computeMetrics(toPredictions(source), classes, { replicates: 4000 });
      const { accuracyByPatients: of } = drawn;
      if (of.value === null) throw new Error('accuracy is defined');
      expect(Math.abs((of.interval?.lower ?? 9) - expected.patientBootstrap[0])).toBeLessThan(
        0.012,
      );
      expect(Math.abs((of.interval?.upper ?? 9) - expected.patientBootstrap[1])).toBeLessThan(
        0.012,
      );
    });
  },
);

describe('intervals', () => {
  it('matches statsmodels at and near the ends of Wilson', () => {
    for (const { count, of, interval } of reference.wilson) {
      const found = wilsonInterval(count, of);
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

  it('widens when the lesions of a patient are right or wrong together', () => {
    const spread = (lesionsPerPatient: number) => {
      const predictions = Array.from({ length: 120 }, (_, i) => {
        const patient = Math.floor(i / lesionsPerPatient);
        const predicted = patient % 4 === 0 ? 'hcc' : 'cyst';
        return prediction({ id: `${i}`, patientId: `${patient}`, predicted });
      });
      const { accuracyByPatients: of } = computeMetrics(predictions, classes);
      if (of.value === null || of.interval === null) throw new Error('an interval was expected');
      return of.interval.upper - of.interval.lower;
    };
    // Ten lesions that always agree are worth one: the width grows by the square root of ten.
    expect(spread(10) / spread(1)).toBeGreaterThan(2.6);
    expect(spread(10) / spread(1)).toBeLessThan(3.8);
  });

  it('has no bootstrap interval for one patient', () => {
    const { accuracyByPatients } = computeMetrics([prediction({})], classes);
    expect(accuracyByPatients).toEqual({ value: 1, interval: null });
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
