import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ComparisonInput } from '../src/comparison/comparison.js';
import { comparisonCsv } from '../src/comparison/comparison-csv.js';
import { comparisonJson } from '../src/comparison/comparison-json.js';
import { comparisonMarkdown } from '../src/comparison/comparison-markdown.js';
import { conclusions } from '../src/comparison/comparison-statements.js';
import { methodTable } from '../src/comparison/comparison-tables.js';
import { paperTable2, paperText } from '../src/comparison/paper-table.js';
import { denominatorTable, testTable } from '../src/comparison/statistics-tables.js';
import { buildComparison, comparisonText, writeComparison } from '../src/index.js';
import { syntheticComparison } from './synthetic-comparison.js';

const input = syntheticComparison(60);
const model = buildComparison(input);
const rowOf = (table: { rows: readonly (readonly string[])[] } | null, name: string) =>
  table?.rows.find((row) => row[0]?.startsWith(name));

/** The input with one method changed. */
function changed(
  method: string,
  change: (entry: ComparisonInput['entries'][number]) => ComparisonInput['entries'][number],
): ComparisonInput {
  return {
    ...input,
    entries: input.entries.map((entry) => (entry.method === method ? change(entry) : entry)),
  };
}

describe('the comparison table', () => {
  it('prints mean and sample deviation over the partitions, counts, and the paper’s total', () => {
    const runs = input.entries.find((entry) => entry.method === 'roy')?.evaluations ?? [];
    const shares = runs.map(({ predictions }) => {
      const scored = predictions.filter((of) => of.truth !== null);
      return [scored.filter((of) => of.truth === of.predicted).length, scored.length] as const;
    });
    const [a, b] = shares.map(([right, all]) => (100 * right) / all) as [number, number];
    const expected = `${((a + b) / 2).toFixed(2)} ± ${(Math.abs(a - b) / Math.SQRT2).toFixed(2)}`;
    const row = rowOf(methodTable(model), 'Roy et al. 2014');
    expect(row?.[5]).toBe(expected);
    expect(row?.[8]).toBe(shares.map(([right, all]) => `${right}/${all}`).join(' + '));
    expect(row?.[7]).toBe('71.84 ± 0.04');
  });

  it('has the paper’s table as documented', async () => {
    const page = await readFile(
      new URL('../../../docs/reference/paper-results.md', import.meta.url),
      'utf8',
    );
    for (const of of paperTable2) {
      const cells = [of.cyst, of.fnh, of.hcc, of.hem, of.total].map((cell) =>
        paperText(cell).replace('100.00', '100.0'),
      );
      expect(page).toContain(`| ${of.method} | ${cells.join(' | ')} |`);
    }
    expect(paperTable2).toHaveLength(12);
  });

  it('says that the data differ, that they are synthetic, and which settings are smaller', () => {
    const text = comparisonMarkdown(model);
    expect(text).toContain('The data differ');
    expect(text).toContain('Synthetic data');
    expect(text).toContain('widths 8/16/32');
    expect(text).toContain('not a medical device');
  });

  it('fits a terminal', () => {
    const text = comparisonText(model);
    expect(text).toContain('ResGL-BDLSTM');
    expect(text).toContain('power of 80 %');
    expect(text).toContain('Synthetic data');
  });

  it('calls the oracle a ceiling and tests no method against it', () => {
    expect(rowOf(methodTable(model), 'Bayes decision')?.[0]).toContain('(ceiling)');
    expect(model.tests.map((test) => test.method)).not.toContain('oracle');
  });

  it('tests against the last network row unless told otherwise', () => {
    expect(model.reference?.entry.method).toBe('resgl-bdlstm');
    expect(model.tests).toHaveLength(6);
    const other = buildComparison({ ...input, reference: 'roy' });
    expect(testTable(other)?.caption).toContain('Roy et al. 2014');
  });

  it('prints both denominators of network rows', () => {
    const samples = input.prepared.index.samples;
    const lowered = new Set(samples.filter((of) => of.coverageLowered).map((of) => of.lesionId));
    const runs = input.entries.find((entry) => entry.method === 'resgl-bdlstm')?.evaluations ?? [];
    const expected = runs.map(({ predictions }) => {
      const kept = predictions.filter((of) => of.truth !== null && !lowered.has(of.id));
      return `${kept.filter((of) => of.truth === of.predicted).length}/${kept.length}`;
    });
    const row = denominatorTable(model)?.rows.find((of) => of[0] === 'ResGL-BDLSTM');
    expect(row?.[4]).toBe(expected.join(' + '));
    expect(rowOf(denominatorTable(model), 'Roy')).toBeUndefined();
  });
});

describe('what the size allows', () => {
  const sentences = conclusions(model).join(' ');

  it('counts lesions, patients and those tested twice', () => {
    const tests =
      input.entries[0]?.evaluations.map((of) =>
        of.predictions.filter((lesion) => lesion.truth !== null),
      ) ?? [];
    const ids = tests.map((lesions) => new Set(lesions.map((of) => of.id)));
    const both = [...(ids[0] ?? [])].filter((id) => ids[1]?.has(id)).length;
    expect(both).toBeGreaterThan(0);
    expect(sentences).toContain(`${both} lesions are in the test part of more than one partition`);
    expect(model.size.lesions).toBe(new Set(tests.flat().map((of) => of.id)).size);
    expect(model.size.decisions).toBe(tests.flat().length);
  });

  it('speaks of slices where slices are decided', () => {
    const slices = input.entries.map((entry) => ({
      ...entry,
      evaluations: entry.evaluations.map((of) => ({ ...of, unit: 'slice' as const })),
    }));
    const text = conclusions(buildComparison({ ...input, entries: slices })).join(' ');
    expect(text).toContain(`${model.size.lesions} slices of`);
    expect(text).not.toContain('lesion');
  });

  it('names what is found and denies what is not', () => {
    expect(sentences).toContain('power of 80 %');
    expect(sentences).toContain('Roy et al. 2014 (p ');
    const alone = buildComparison({
      ...input,
      entries: input.entries.filter((of) => ['yasaka', 'resgl-bdlstm'].includes(of.method)),
    });
    expect(conclusions(alone).join(' ')).toContain('no proof that they are equal');
  });
});

describe('several seeds', () => {
  // Each partition three times: as it is, and twice with some decisions made wrong.
  const seeded = buildComparison({
    ...input,
    entries: input.entries.map((entry) => ({
      ...entry,
      evaluations: entry.evaluations.flatMap((of) =>
        [0, 1, 2].map((seed) => ({
          ...of,
          name: `${of.name}-seed-${seed}`,
          repeat: { of: of.name ?? '', seed },
          predictions: of.predictions.map((lesion, i) =>
            i >= seed * 3 ? lesion : { ...lesion, predicted: 'cyst' },
          ),
        })),
      ),
    })),
  });

  it('are averaged within a partition; the deviation is over partitions, that over seeds apart', () => {
    const method = seeded.methods.find((of) => of.entry.method === 'yang');
    const shares = method?.runs.map((run) => run.metrics.accuracy.value ?? Number.NaN) ?? [];
    const [a, b] = [shares.slice(0, 3), shares.slice(3)].map(
      (of) => of.reduce((x, y) => x + y, 0) / 3,
    ) as [number, number];
    const row = rowOf(methodTable(seeded), 'Yang');
    expect(row?.[5]).toBe(
      `${(50 * (a + b)).toFixed(2)} ± ${((100 * Math.abs(a - b)) / Math.SQRT2).toFixed(2)}`,
    );
    const squares = shares.reduce((sum, x, i) => sum + (x - (i < 3 ? a : b)) ** 2, 0);
    expect(methodTable(seeded).header[8]).toBe('SD over seeds');
    expect(row?.[8]).toBe((100 * Math.sqrt(squares / 4)).toFixed(2));
    expect(method?.joint.accuracy.value).toBeCloseTo((a + b) / 2, 12);
  });

  it('are no partitions: freedom, repeated lesions and sentences count partitions', () => {
    const text = conclusions(seeded).join(' ');
    expect(seeded.size).toEqual({ ...model.size, seeds: 3, decisions: 3 * model.size.decisions });
    expect(text).toContain('tested in 2 partitions, each trained with 3 seeds');
    expect(text).toContain('over 2 partitions has 1 degree of freedom');
    expect(text).toContain('standard deviation over seeds alone, of 3 trainings');
    expect(conclusions(model).join(' ')).toContain('trained once on each partition');
    expect(testTable(seeded)?.notes.join(' ')).toContain('with the first seed');
  });
});

describe('a method whose decisions are all right', () => {
  const few = input.entries.map((entry) => ({
    ...entry,
    evaluations: entry.evaluations.slice(0, 1).map((of) => ({
      ...of,
      predictions: of.predictions
        .filter((lesion) => lesion.truth !== null)
        .slice(0, 12)
        .map((lesion, i) => ({ ...lesion, patientId: `${i}`, predicted: lesion.truth ?? '' })),
    })),
  }));
  const perfect = buildComparison({ ...input, entries: few });

  // statsmodels 0.14.5: proportion_confint(12, 12, method='wilson')[0] = 0.7575
  it('is not said to be known for certain, anywhere', () => {
    for (const text of [comparisonText(perfect), comparisonMarkdown(perfect)]) {
      expect(text).toContain('75.8 – 100.0 %');
      expect(text).not.toMatch(/100\.0 – 100\.0|1\.000 – 1\.000/);
    }
    const zeroWidth = comparisonJson(perfect).match(/"lower": ([\d.]+),\s+"upper": \1,/g);
    expect(zeroWidth).toBeNull();
  });
});

describe('a comparison with holes', () => {
  const failure = {
    partition: 'set2',
    code: 'DATA_ERROR',
    message: 'Lesion c1/1 is too small.',
    remedy: 'Leave it out.',
  };
  const holes = buildComparison({
    ...input,
    entries: input.entries.map((entry) => {
      if (entry.method === 'roy') return { ...entry, evaluations: [], missing: [failure] };
      if (entry.method === 'yang') {
        return { ...entry, evaluations: entry.evaluations.slice(0, 1), missing: [failure] };
      }
      return entry;
    }),
  });
  const table = methodTable(holes);

  it('keeps every row and says what is missing, why, and what helps', () => {
    expect(table.rows).toHaveLength(7);
    expect(rowOf(table, 'Roy')?.slice(1, 6)).toEqual(Array(5).fill('missing'));
    expect(rowOf(table, 'Yang')?.[0]).toContain('(set1 only)');
    expect(rowOf(table, 'Yang')?.[5]).not.toContain('±');
    const notes = table.notes.join('\n');
    expect(notes).toContain(
      'Roy et al. 2014, set2: DATA_ERROR, Lesion c1/1 is too small. Leave it',
    );
    expect(notes).toContain('Roy et al. 2014, set1: not run.');
    expect(holes.tests.map((test) => test.method)).not.toContain('roy');
    expect(comparisonCsv(holes)).toContain('DATA_ERROR: Lesion c1/1 is too small.');
  });

  it('takes results that do not fit for missing, with the reason', () => {
    const other = changed('yang', (entry) => ({
      ...entry,
      evaluations: entry.evaluations.map((of) => ({ ...of, classes: ['a', 'b'] })),
    }));
    const yang = buildComparison(other).methods.find((of) => of.entry.method === 'yang');
    expect(yang?.missing.map((of) => of.message)).toEqual(
      Array(2).fill('The evaluation is over other classes.'),
    );
  });

  it('names a class that a partition lacks', () => {
    const without = changed('yang', (entry) => ({
      ...entry,
      evaluations: entry.evaluations.map((of, i) =>
        i === 0 ? of : { ...of, predictions: of.predictions.filter((p) => p.truth !== 'hcc') },
      ),
    }));
    const notes = methodTable(buildComparison(without)).notes.join('\n');
    expect(notes).toContain('Yang et al. 2012: set2: no lesion of class hcc in the truth');
  });

  it('is made when nothing has results', () => {
    const nothing = buildComparison({
      ...input,
      entries: input.entries.map((entry) => ({ ...entry, evaluations: [] })),
    });
    expect(nothing.reference).toBeNull();
    expect(comparisonMarkdown(nothing)).toContain('no network row has results');
    expect(comparisonJson(nothing)).not.toContain('NaN');
  });

  it.each([
    ['no method', { entries: [] }],
    ['two of one key', { entries: [...input.entries, ...input.entries] }],
    ['an unknown reference', { reference: 'resnet' }],
    ['an unknown row of the paper', changed('roy', (entry) => ({ ...entry, paperRow: 'Roi' }))],
  ])('refuses %s', (_, change) => {
    expect(() => buildComparison({ ...input, ...change })).toThrow(FlcError);
  });
});

describe('writeComparison', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flc-comparison-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('writes the four forms, with equal bytes for equal input', async () => {
    const { files } = await writeComparison({ ...input, outDir: join(folder, 'a') });
    expect(files).toHaveLength(4);
    await writeComparison({ ...syntheticComparison(60), outDir: join(folder, 'b') });
    for (const name of await readdir(join(folder, 'a'))) {
      const [a, b] = await Promise.all(['a', 'b'].map((of) => readFile(join(folder, of, name))));
      expect([name, a?.equals(b as Buffer)]).toEqual([name, true]);
    }
  });

  it('writes decisions of all methods and no NaN as JSON', async () => {
    await writeComparison({ ...input, outDir: folder });
    const text = await readFile(join(folder, 'comparison.json'), 'utf8');
    const json = JSON.parse(text);
    expect(json.lesions).toHaveLength(
      input.entries[0]?.evaluations.flatMap((of) => of.predictions).length ?? -1,
    );
    expect(Object.keys(json.lesions[0].decisions)).toHaveLength(8);
    expect(text).not.toContain('NaN');
  });

  it('stops when asked', async () => {
    const signal = AbortSignal.abort();
    await expect(writeComparison({ ...input, outDir: folder, signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
