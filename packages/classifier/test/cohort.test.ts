import { describe, expect, it } from 'vitest';
import { dataHash, fittingSamples, imageHashes } from '../src/cohort.js';
import { cohortInMemory } from './cohort-in-memory.js';

const counts = { train: {}, val: {}, test: {} };
const plans = ['a', 'b', 'c', 'd', 'e'].map((patientId, i) => ({
  patientId,
  class: i % 2 === 0 ? 'cyst' : 'hcc',
  value: i,
}));

describe('fittingSamples', () => {
  it('gives the labelled samples of train and val', () => {
    const prepared = cohortInMemory([...plans, { patientId: 'a', class: null, value: 9 }]);
    const partition = { name: 'set1', train: ['a', 'b'], val: ['c', 'd'], test: ['e'], counts };
    const { train, val } = fittingSamples(prepared, partition);
    expect(train.map((sample) => sample.patientId)).toEqual(['a', 'b']);
    expect(val.map((sample) => sample.patientId)).toEqual(['c', 'd']);
  });

  it.each([
    ['train and val', { train: ['a', 'b'], val: ['b', 'c'], test: ['e'] }],
    ['train and test', { train: ['a', 'b'], val: ['c', 'd'], test: ['a'] }],
  ])('refuses a patient in %s', (_where, parts) => {
    expect(() => fittingSamples(cohortInMemory(plans), { name: 'set1', ...parts, counts })).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
  });

  it('refuses the images of one patient under two names in two parts', () => {
    const prepared = cohortInMemory(plans);
    const [first] = prepared.index.cases;
    const copied = (patient: string) => ({
      ...prepared,
      index: {
        ...prepared.index,
        cases: prepared.index.cases.map((one) =>
          one.patientId === patient ? { ...one, inputs: first?.inputs ?? [] } : one,
        ),
      },
    });
    const partition = { name: 'set1', train: ['a', 'b'], val: ['c', 'd'], test: ['e'], counts };
    expect(() => fittingSamples(copied('c'), partition)).toThrow(/in train and in val,/);
    expect(() => fittingSamples(copied('e'), partition)).toThrow(
      expect.objectContaining({
        code: 'DATA_ERROR',
        message: expect.stringMatching(/and in test,/),
      }),
    );
    expect(() => fittingSamples(copied('b'), partition)).not.toThrow();
  });

  it('refuses a part with one class', () => {
    const partition = { name: 'set1', train: ['a', 'b'], val: ['c', 'e'], test: ['d'], counts };
    expect(() => fittingSamples(cohortInMemory(plans), partition)).toThrow(
      /Part val has lesions of one class/,
    );
  });
});

describe('hashes', () => {
  it('do not depend on the order of the cohort, and on its contents they do', () => {
    const prepared = cohortInMemory(plans);
    const { index } = prepared;
    const turned = { ...prepared, index: { ...index, samples: index.samples.toReversed() } };
    expect(dataHash(turned)).toBe(dataHash(prepared));
    const changed = cohortInMemory(plans.map((plan) => ({ ...plan, value: plan.value + 1 })));
    expect(dataHash(changed)).not.toBe(dataHash(prepared));
  });

  it('know an image again under another patient and case', () => {
    const [hash] = imageHashes(cohortInMemory(plans), ['a']);
    const renamed = cohortInMemory([{ patientId: 'x', class: 'hem', value: 0 }]);
    expect(imageHashes(renamed, ['x'])).toEqual([hash]);
    expect(imageHashes(cohortInMemory(plans), ['b', 'c'])).not.toContain(hash);
  });
});
