import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomStream } from '../src/random/index.js';
import {
  paperCounts,
  parts,
  readSplits,
  type SplitSample,
  splitByPatient,
  writeSplits,
} from '../src/split/index.js';

const classes = ['cyst', 'fnh', 'hcc', 'hem'];

/** Patients with one lesion each, several slices a lesion. */
function simpleCohort(counts: Record<string, number>, slices = 1): SplitSample[] {
  return Object.entries(counts).flatMap(([name, count]) =>
    Array.from({ length: count * slices }, (_, i) => {
      const id = `${name}-${Math.floor(i / slices)}`;
      return { patientId: `p-${id}`, caseId: `c-${id}`, lesionId: `c-${id}/1`, class: name };
    }),
  );
}

/** Patients with 1 to 5 lesions of mixed classes in up to 2 cases. */
function mixedCohort(seed: number, patients: number): SplitSample[] {
  const random = randomStream(seed, 'cohort');
  return Array.from({ length: patients }, (_, p) =>
    Array.from({ length: 1 + random.int(5) }, (_, l) => {
      const caseId = `c${p}-${random.int(2)}`;
      const name = random.uniform() < 0.1 ? null : (classes[random.int(4)] ?? null);
      return { patientId: `p${p}`, caseId, lesionId: `${caseId}/${l}`, class: name };
    }),
  ).flat();
}

/** Patients with the given numbers of lesions, each of one class, the classes in turn. */
function clusteredCohort(lesionsOfPatients: readonly number[]): SplitSample[] {
  return lesionsOfPatients.flatMap((lesions, p) =>
    Array.from({ length: lesions }, (_, l) => ({
      patientId: `p${String(p).padStart(3, '0')}`,
      caseId: `c${p}`,
      lesionId: `c${p}/${l}`,
      class: classes[p % 4] as string,
    })),
  );
}

const lesionNumbers = {
  'a sixth with three lesions': Array.from({ length: 192 }, (_, p) => (p < 160 ? 1 : 3)),
  'one to five lesions': Array.from({ length: 120 }, (_, p) => {
    const share = ((p * 37) % 120) / 120;
    return share < 0.7 ? 1 : share < 0.85 ? 2 : share < 0.93 ? 3 : 5;
  }),
};

const dataError = (message: RegExp) =>
  expect.objectContaining({ code: 'DATA_ERROR', message: expect.stringMatching(message) });

describe('splitByPatient', () => {
  it('makes two stratified partitions near the fractions of the paper', () => {
    const cohort = { cyst: 110, fnh: 114, hcc: 132, hem: 124 };
    const { partitions } = splitByPatient(simpleCohort(cohort, 2), { partitions: 2, seed: 4 });
    expect(partitions.map(({ name }) => name)).toEqual(['set1', 'set2']);
    expect(partitions[0]?.test).not.toEqual(partitions[1]?.test);
    for (const { counts } of partitions) {
      for (const [name, total] of Object.entries(cohort)) {
        expect(Math.abs((counts.train[name] ?? 0) - 0.56 * total)).toBeLessThan(1);
        expect(Math.abs((counts.val[name] ?? 0) - 0.22 * total)).toBeLessThan(1);
        expect(Math.abs((counts.test[name] ?? 0) - 0.22 * total)).toBeLessThan(1);
      }
    }
  });

  it('gives exactly the counts of Table 1 when asked', () => {
    const samples = simpleCohort({ cyst: 110, fnh: 114, hcc: 132, hem: 124 });
    const { partitions } = splitByPatient(samples, { counts: 'paper', seed: 1 });
    expect(partitions.map(({ counts }) => counts)).toEqual(paperCounts);
    expect(() =>
      splitByPatient(simpleCohort({ cyst: 110, fnh: 100, hcc: 132, hem: 124 }), {
        counts: 'paper',
      }),
    ).toThrow(dataError(/too few lesions of fnh/));
  });

  it('never puts a patient into two parts, loses none and has every class everywhere', () => {
    for (let seed = 0; seed < 40; seed++) {
      const samples = mixedCohort(seed, 40 + seed);
      const labelled = samples.filter((sample) => sample.class !== null);
      const patients = [...new Set(labelled.map(({ patientId }) => patientId))].sort();
      for (const { counts, ...partition } of splitByPatient(samples, { partitions: 2, seed })
        .partitions) {
        const all = parts.flatMap((part) => partition[part]);
        expect([...all].sort()).toEqual(patients);
        for (const part of parts) {
          for (const name of classes) {
            const lesions = new Set(
              labelled
                .filter((s) => s.class === name && partition[part].includes(s.patientId))
                .map(({ lesionId }) => lesionId),
            );
            expect(counts[part][name]).toBe(lesions.size);
            expect(lesions.size).toBeGreaterThan(0);
          }
        }
      }
    }
  });

  it('stays near the fractions with several lesions a patient', () => {
    const { counts } = splitByPatient(mixedCohort(9, 300), { partitions: 1 }).partitions[0] ?? {};
    for (const name of classes) {
      const of = (part: 'train' | 'val' | 'test') => counts?.[part][name] ?? 0;
      const total = of('train') + of('val') + of('test');
      expect(of('train') / total).toBeCloseTo(0.56, 1);
      expect(of('test') / total).toBeCloseTo(0.22, 1);
    }
  });

  for (const [name, lesions] of Object.entries(lesionNumbers)) {
    it(`gives every patient the same chance of a part, whatever the number of lesions: ${name}`, () => {
      const samples = clusteredCohort(lesions);
      const seeds = 200;
      const chances = new Map([...new Set(lesions)].map((n) => [n, { train: 0, val: 0, test: 0 }]));
      for (let seed = 0; seed < seeds; seed++) {
        for (const partition of splitByPatient(samples, { partitions: 1, seed }).partitions) {
          for (const part of parts) {
            for (const patient of partition[part]) {
              const n = lesions[Number(patient.slice(1))] as number;
              const chance = chances.get(n) as Record<(typeof parts)[number], number>;
              chance[part] += 1 / (seeds * lesions.filter((other) => other === n).length);
            }
          }
        }
      }
      // At 200 seeds and 8 patients or more of a kind the standard error is 0.012 at most.
      for (const chance of chances.values()) {
        expect(Math.abs(chance.train - 0.56)).toBeLessThan(0.06);
        expect(Math.abs(chance.val - 0.22)).toBeLessThan(0.06);
        expect(Math.abs(chance.test - 0.22)).toBeLessThan(0.06);
      }
    });

    it(`keeps the classes in proportion: ${name}`, () => {
      const samples = clusteredCohort(lesions);
      const largest = Math.max(...lesions);
      for (let seed = 0; seed < 100; seed++) {
        const { counts } = splitByPatient(samples, { partitions: 1, seed }).partitions[0] ?? {};
        for (const className of classes) {
          const total = samples.filter((sample) => sample.class === className).length;
          for (const [part, share] of Object.entries({ train: 0.56, val: 0.22, test: 0.22 })) {
            const count = counts?.[part as 'train'][className] ?? 0;
            // Off by less than the largest patient.
            expect(Math.abs(count - share * total)).toBeLessThan(largest);
          }
        }
      }
    });

    it(`gives every patient the same chance of a fold: ${name}`, () => {
      const samples = clusteredCohort(lesions);
      const many = lesions.flatMap((n, p) => (n >= 3 ? [p] : []));
      const tested = new Array<number>(5).fill(0);
      for (let seed = 0; seed < 100; seed++) {
        const { partitions } = splitByPatient(samples, { folds: 5, seed });
        for (const [i, { test }] of partitions.entries())
          tested[i] =
            (tested[i] ?? 0) + test.filter((id) => many.includes(Number(id.slice(1)))).length;
      }
      for (const count of tested)
        expect(Math.abs(count / (100 * many.length) - 0.2)).toBeLessThan(0.06);
    });
  }

  it('gives cohorts with one lesion a patient the splits that stored results were made with', () => {
    const samples = simpleCohort({ cyst: 110, fnh: 114, hcc: 132, hem: 124 });
    const hash = (splits: object) =>
      createHash('sha256').update(JSON.stringify(splits)).digest('hex').slice(0, 12);
    expect(hash(splitByPatient(samples, { partitions: 2, seed: 4 }))).toBe('6cf55a76fb8a');
    expect(hash(splitByPatient(samples, { counts: 'paper', seed: 1 }))).toBe('e70afdd15da8');
    expect(hash(splitByPatient(samples, { folds: 5, seed: 2 }))).toBe('b96ee0f43c0c');
  });

  it('meets exact counts with several lesions a patient, where only the largest first does', () => {
    const samples = clusteredCohort(
      Array.from({ length: 60 }, (_, p) => [1, 1, 1, 1, 2, 2, 3, 5, 10][p % 9] as number),
    );
    const of = (share: (total: number) => number) =>
      Object.fromEntries(
        classes.map((name) => [name, share(samples.filter((s) => s.class === name).length)]),
      );
    const small = (total: number) => Math.round(0.22 * total);
    const wanted = {
      train: of((total) => total - 2 * small(total)),
      val: of(small),
      test: of(small),
    };
    const { partitions } = splitByPatient(samples, { counts: [wanted], seed: 1 });
    expect(partitions[0]?.counts).toEqual(wanted);
  });

  it('depends on the seed only, not on the order of the samples', () => {
    const samples = mixedCohort(2, 80);
    const split = splitByPatient(samples, { partitions: 2, seed: 5 });
    expect(
      splitByPatient(randomStream(1, 'x').shuffle(samples), { partitions: 2, seed: 5 }),
    ).toEqual(split);
    expect(splitByPatient(samples, { partitions: 2, seed: 6 })).not.toEqual(split);
  });

  it('makes folds that test every patient once, with a val part', () => {
    const samples = mixedCohort(3, 90);
    const { partitions } = splitByPatient(samples, { folds: 5, seed: 1 });
    const tested = partitions.flatMap(({ test }) => test);
    expect(partitions).toHaveLength(5);
    expect(new Set(tested).size).toBe(tested.length);
    for (const [i, { train, val, test }] of partitions.entries()) {
      expect(val).toEqual(partitions[(i + 1) % 5]?.test);
      expect([...train, ...val, ...test].sort()).toEqual([...tested].sort());
    }
  });

  it('says which class is too rare', () => {
    const samples = simpleCohort({ cyst: 9, fnh: 2 });
    expect(() => splitByPatient(samples, { partitions: 2 })).toThrow(dataError(/fnh.* 2 patients/));
    expect(() => splitByPatient(samples, { folds: 3 })).toThrow(dataError(/fnh/));
    expect(() => splitByPatient([], { partitions: 1 })).toThrow(dataError(/no labelled lesion/));
    expect(() => splitByPatient(samples, { folds: 2 })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIG' }),
    );
  });

  it('refuses a cohort of one class, which no network can learn from', () => {
    expect(() => splitByPatient(simpleCohort({ cyst: 9 }), { partitions: 2 })).toThrow(
      dataError(/one class, cyst/),
    );
  });

  it('takes fixed lists of patients or cases and refuses a patient in two parts', () => {
    const samples = simpleCohort({ cyst: 4, hcc: 4 });
    const fixed = {
      train: ['p-cyst-0', 'p-hcc-0', 'p-hcc-3'],
      val: ['c-cyst-1', 'c-hcc-1'],
      test: ['p-cyst-2', 'c-hcc-2'],
    };
    const partition = splitByPatient(samples, { fixed }).partitions[0];
    expect(partition).toMatchObject({
      name: 'fixed',
      val: ['p-cyst-1', 'p-hcc-1'],
      counts: { train: { cyst: 1, hcc: 2 } },
    });
    const twice = { ...fixed, test: [...fixed.test, 'c-hcc-0'] };
    expect(() => splitByPatient(samples, { fixed: twice })).toThrow(
      dataError(/p-hcc-0 is in train and in test/),
    );
    expect(() => splitByPatient(samples, { fixed: { ...fixed, val: ['p-hcc-1'] } })).toThrow(
      dataError(/val has no lesion of cyst/),
    );
    expect(() => splitByPatient(samples, { fixed: { ...fixed, val: ['nobody'] } })).toThrow(
      dataError(/val list is no patient/),
    );
  });

  it('knows a dataset name by its pseudonym and keeps the name out of an error', () => {
    // printf %s 'Doe^Jane' | sha256sum | cut -c1-12
    const samples = simpleCohort({ cyst: 3, hcc: 3 }).map((sample, i) =>
      i === 0 ? { ...sample, patientId: 'ff37cfdaa951' } : sample,
    );
    const fixed = {
      train: ['Doe^Jane', 'p-hcc-0'],
      val: ['p-cyst-1', 'p-hcc-1'],
      test: ['p-cyst-2', 'p-hcc-2'],
    };
    const [partition] = splitByPatient(samples, { fixed }).partitions;
    expect(partition?.train).toEqual(['ff37cfdaa951', 'p-hcc-0']);
    try {
      splitByPatient(samples, { fixed: { ...fixed, test: ['Roe^Rick'] } });
      expect.unreachable();
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('Roe');
    }
  });

  it('refuses a lesion of two classes and a case of two patients', () => {
    const sample = { patientId: 'p', caseId: 'c', lesionId: 'l', class: 'cyst' };
    expect(() => splitByPatient([sample, { ...sample, class: 'hcc' }], { partitions: 1 })).toThrow(
      dataError(/two classes/),
    );
    expect(() =>
      splitByPatient([sample, { ...sample, patientId: 'q' }], { partitions: 1 }),
    ).toThrow(dataError(/two patients/));
  });
});

describe('splits.json', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flc-splits-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('reads back what was written', async () => {
    const samples = mixedCohort(1, 60);
    const splits = splitByPatient(samples, { partitions: 2, seed: 3 });
    const file = join(folder, 'splits.json');
    await writeSplits(file, splits);
    expect(await readSplits(file, samples)).toEqual(splits);
  });

  it('refuses what is no valid file, naming the file', async () => {
    const samples = simpleCohort({ cyst: 5, hcc: 5 });
    const good = splitByPatient(samples, { partitions: 1 });
    const first = good.partitions[0];
    if (first === undefined) throw new Error('no partition');
    const read = async (content: unknown) => {
      const file = join(folder, 'splits.json');
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
      return readSplits(file, samples);
    };
    const cases: [unknown, RegExp][] = [
      ['{"format":', /no valid JSON/],
      [{ ...good, version: 2 }, /version/],
      [{ ...good, extra: 1 }, /extra/],
      [
        { ...good, partitions: [{ ...first, test: [...first.test, first.train[0]] }] },
        /in train and in test/,
      ],
      [{ ...good, partitions: [{ ...first, val: [first.val[0], first.val[0]] }] }, /twice in val/],
      [{ ...good, partitions: [first, first] }, /the name set1/],
      [{ ...good, partitions: [{ ...first, test: ['stranger'] }] }, /not prepared/],
      [{ ...good, partitions: [{ ...first, test: [] }] }, /no lesion of cyst, hcc/],
    ];
    for (const [content, message] of cases) {
      await expect(read(content)).rejects.toThrow(
        expect.objectContaining({
          code: 'DATA_ERROR',
          message: expect.stringMatching(message),
          details: expect.objectContaining({ file: join(folder, 'splits.json') }),
        }),
      );
    }
    await expect(readSplits(join(folder, 'absent.json'))).rejects.toThrow(
      expect.objectContaining({ code: 'IO_ERROR' }),
    );
  });
});
