import { describe, expect, it } from 'vitest';
import { stratifiedFolds, uniformStream } from '../src/folds.js';
import {
  choiceNotes,
  chooseMachine,
  type MachineChoice,
  SupportVectorClassifier,
  voteNotes,
} from '../src/index.js';
import { isDegenerate } from '../src/sigmoid.js';
import { reference } from './reference.js';

/** Patients in one place each, five samples close together, classes that have nothing to do with it. */
function noise() {
  const random = uniformStream(5);
  const patients = Array.from({ length: 24 }, (_, patient) => ({
    name: `p${patient}`,
    at: [random(), random()],
    label: patient % 2,
  }));
  const samples = patients.flatMap(({ name, at, label }) =>
    Array.from({ length: 5 }, () => ({
      name,
      label,
      x: at.map((value) => value + 0.001 * random()),
    })),
  );
  return {
    X: samples.map(({ x }) => x),
    y: samples.map(({ label }) => label),
    groups: samples.map(({ name }) => name),
  };
}

describe('folds by group', () => {
  it('divide no group and keep the classes in proportion', () => {
    const { y, groups } = noise();
    const folds = stratifiedFolds(y, 4, 1, groups);
    for (const group of new Set(groups)) {
      const own = groups.flatMap((name, i) => (name === group ? [folds[i]] : []));
      expect(new Set(own).size).toBe(1);
    }
    for (const fold of [0, 1, 2, 3])
      for (const label of [0, 1])
        expect(y.filter((one, i) => one === label && folds[i] === fold)).toHaveLength(15);
  });

  it('are those without groups where each sample is its own', () => {
    const { y } = noise();
    const own = y.map((_, i) => String(i));
    expect(stratifiedFolds(y, 5, 7, own)).toEqual(stratifiedFolds(y, 5, 7));
  });

  it('keep probabilities from learning the patients by heart', async () => {
    const { X, y, groups } = noise();
    const options = { kernel: 'rbf', C: 100, gamma: 30, probability: true } as const;
    const sure = async (known?: string[]) => {
      const machine = await new SupportVectorClassifier(options).fit(X, y, known);
      const probabilities = machine.predictProbability(X);
      return probabilities.reduce((sum, row) => sum + Math.max(...row), 0) / X.length;
    };
    expect(await sure()).toBeGreaterThan(0.9);
    expect(await sure(groups)).toBeLessThan(0.7);
    const short = new SupportVectorClassifier(options).fit(X, y, groups.slice(1));
    await expect(short).rejects.toMatchObject({ code: 'DATA_ERROR' });
  });
});

describe('chooseMachine', () => {
  it('says how sure the choice is', async () => {
    const { train, validation } = reference.grid;
    const options = { train, validation, kernel: 'rbf', seed: 1 } as const;
    const choose = async (gamma: [number, number]) =>
      (await chooseMachine({ ...options, exponents: { C: [-3, 3], gamma } })).choice;
    // In scikit-learn's table 4 of the 49 reach 70 %; the smallest gamma is 1, the smallest C there 1/8.
    expect(await choose([-3, 3])).toMatchObject({
      ...{ C: 2 ** -3, gamma: 1, validationAccuracy: 0.7, tried: 49, notConverged: 0 },
      ...{ ties: 3, edges: ['C'], degeneratePairs: [] },
    });
    expect((await choose([-3, 0])).edges).toEqual(['C', 'gamma']);
  });

  it('flags the sigmoid of decision values that mean nothing', async () => {
    const part = noise();
    const exponents = { C: [0, 0], gamma: [-30, -30] } as const;
    const options = { train: part, validation: part, kernel: 'rbf', seed: 1, exponents } as const;
    const { choice, machine } = await chooseMachine(options);
    expect(choice.degeneratePairs).toEqual([[0, 1]]);
    machine.close();
  });

  it('knows the slopes of sound sigmoids from those of constant decision values', () => {
    // Slopes of saved machines whose accuracy was above 80 %, and of one that decided nearly everything alike.
    for (const a of [-0.24, -3.71, -5.85]) expect(isDegenerate({ a, b: 0 })).toBe(false);
    for (const a of [-1763.56, -9324.38, 0, 0.5]) expect(isDegenerate({ a, b: 0 })).toBe(true);
  });
});

describe('notes', () => {
  const sound: MachineChoice = {
    ...{ kernel: 'rbf', C: 1, gamma: 1, validationAccuracy: 0.9, tried: 1600 },
    ...{ notConverged: 0, ties: 0, edges: [], degeneratePairs: [] },
  };

  it('are silent where there is nothing to say', () => {
    expect(choiceNotes(sound, ['cyst', 'hcc'])).toEqual([]);
    expect(voteNotes(1, [0.4, 0.6], ['cyst', 'hcc'])).toEqual([]);
    expect(voteNotes(1, [0.5, 0.5], ['cyst', 'hcc'])).toEqual([]);
  });

  it('are one sentence on the search and one on the probabilities', () => {
    const doubtful = {
      notConverged: 49,
      ties: 1,
      edges: ['C'],
      degeneratePairs: [[0, 2]],
    } as const;
    expect(choiceNotes({ ...sound, ...doubtful }, ['cyst', 'fnh', 'hcc'])).toEqual([
      'Grid search: 49 of 1,600 machines did not converge and were left out; 1 more reaches the same validation accuracy, of which the smallest gamma and C were taken; C is at the edge of the grid.',
      expect.stringMatching(/^Probabilities: .* cyst\/hcc /),
    ]);
  });

  it('say where the vote is not the most probable class', () => {
    expect(voteNotes(2, [0.045, 0.378, 0.243, 0.334], ['cyst', 'fnh', 'hcc', 'hem'])).toEqual([
      'The machine votes for hcc (probability 24 %), but fnh is more probable (38 %)',
    ]);
  });
});
