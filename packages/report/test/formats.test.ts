import { describe, expect, it } from 'vitest';
import { aboutMethod } from '../src/about-method.js';
import { toCsv } from '../src/format/csv.js';
import { metricsCsv } from '../src/format/metrics-csv.js';
import { metricsJson } from '../src/format/metrics-json.js';
import { metricsText } from '../src/format/metrics-text.js';
import { predictionsCsv } from '../src/format/predictions-csv.js';
import { provenanceTable } from '../src/format/provenance-table.js';
import { reportMarkdown } from '../src/format/report-markdown.js';
import { markdownTable, textTable } from '../src/format/table.js';
import { computeMetrics } from '../src/metrics/metrics.js';
import { aggregate, summarizePartitions } from '../src/metrics/partitions.js';
import { reportPage } from '../src/page/page.js';
import { LesionImages } from '../src/pictures/lesion-images.js';
import { buildReport } from '../src/report-model.js';
import { classes, prediction } from './predictions.js';
import { syntheticCohort } from './synthetic-cohort.js';

/** A reader of RFC 4180, written apart from the writer. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const match of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === '\r\n') {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}

describe('CSV', () => {
  it('round-trips commas, quotes and line ends', () => {
    const cells = ['a,b', 'say "no"', 'two\r\nlines', 'plain', ''];
    expect(readCsv(toCsv(['1', '2', '3', '4', '5'], [cells]))[1]).toEqual(cells);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', ' =1', '＝1'])(
    'keeps %j from being a formula',
    (cell) => {
      expect(readCsv(toCsv(['h'], [[cell]]))[1]).toEqual([`'${cell}`]);
    },
  );

  it('leaves numbers as numbers', () => {
    expect(toCsv(['h', 'i', 'j'], [[-0.5, 1e-7, null]])).toBe('h,i,j\r\n-0.5,1e-7,\r\n');
  });

  it('writes one line per decision, with truth and values per class', () => {
    const { evaluation } = syntheticCohort(8);
    const [header, ...rows] = readCsv(predictionsCsv([evaluation]));
    expect(rows).toHaveLength(8);
    expect(header).toContain('probability hem');
    const unlabelled = rows.filter((row) => row[header?.indexOf('truth') ?? -1] === '');
    expect(unlabelled).toHaveLength(1);
    expect(unlabelled[0]?.[header?.indexOf('correct') ?? -1]).toBe('');
    expect(Number(rows[0]?.[header?.indexOf('proportion cyst') ?? -1])).toBe(
      evaluation.predictions[0]?.proportions[0],
    );
  });

  it('writes metrics with counts, intervals and reasons', () => {
    const metrics = computeMetrics([prediction({})], classes);
    const rows = readCsv(metricsCsv([{ name: 'set1', metrics }]));
    expect(rows[1]?.slice(0, 6)).toEqual(['set1', 'accuracy', '', '1', '1', '1']);
    const hcc = rows.find((row) => row[1] === 'accuracy' && row[2] === 'hcc');
    expect(hcc).toEqual('set1,accuracy,hcc,,0,0,,,,no lesion of class hcc in the truth'.split(','));
  });
});

describe('partitions', () => {
  // The paper prints 90.93 +- 0.7 for two partitions: 86 of 94 and 94 of 104 lesions give it.
  // python: import statistics as s; v = [86/94, 94/104]; s.mean(v), s.stdev(v)
  it('gives mean and sample standard deviation', () => {
    const of = (value: number) => ({ value, interval: null });
    const { mean, sd, seedSd } = aggregate(
      [of(86 / 94), of(94 / 104)],
      [{ name: 'set1' }, { name: 'set2' }],
    );
    expect(mean).toBeCloseTo(0.9093698854337151, 12);
    expect(sd).toBeCloseTo(0.007811736126037952, 12);
    expect(seedSd).toBeNull();
  });

  // python: s.mean([.8, .7]), s.stdev([.8, .7]); within: ((s.variance([.7, .8, .9]) * 2 + s.variance([.6, .8])) / 3) ** .5
  it('averages the seeds of a partition first and keeps their deviation apart', () => {
    const values = [0.7, 0.8, 0.9, 0.6, 0.8].map((value) => ({ value, interval: null }));
    const runs = ['set1', 'set1', 'set1', 'set2', 'set2'].map((of, i) => ({ name: `${i}`, of }));
    const found = aggregate(values, runs);
    expect(found.values).toEqual([expect.closeTo(0.8, 12), expect.closeTo(0.7, 12)]);
    expect(found.mean).toBeCloseTo(0.75, 12);
    expect(found.sd).toBeCloseTo(0.07071067811865478, 12);
    expect(found.seedSd).toBeCloseTo(0.11547005383792515, 12);
  });

  it('matches classes by name where evaluations order them otherwise, and refuses others', () => {
    const evaluate = (names: string[], decide: (truth: string) => string) => ({
      ...{ classes: names, unit: 'lesion' as const, synthetic: false },
      ...{ labelMaps: [], provenance: {} },
      predictions: ['a', 'b', 'a', 'b'].map((truth, i) =>
        prediction({ id: `${i}`, patientId: `${i}`, truth, predicted: decide(truth) }),
      ),
    });
    const both = [evaluate(['a', 'b'], (truth) => truth), evaluate(['b', 'a'], () => 'a')];
    const { summary } = buildReport({ title: 't', evaluations: both, replicates: 0 });
    expect(summary.perClass.map((of) => [of.class, of.accuracy.values])).toEqual([
      ['a', [1, 1]],
      ['b', [1, 0]],
    ]);
    const other = [...both, evaluate(['a', 'b', 'c'], () => 'c')];
    expect(() => buildReport({ title: 't', evaluations: other, replicates: 0 })).toThrow(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
  });

  it('names the partition in which a class is absent and averages the others', () => {
    const both = classes.map((name, i) =>
      prediction({ id: `${i}`, patientId: `${i}`, truth: name, predicted: name }),
    );
    const runs = [both, both.slice(1)].map((predictions, i) => ({
      name: `set${i + 1}`,
      metrics: computeMetrics(predictions, classes, { replicates: 0 }),
    }));
    const [cyst] = summarizePartitions(runs).perClass;
    expect(cyst?.accuracy).toMatchObject({ mean: 1, sd: null, values: [1, null] });
    expect(cyst?.accuracy.reason).toContain('set2: no lesion of class cyst in the truth');
  });
});

describe('tables', () => {
  const table = {
    caption: 'c',
    header: ['Name', 'N'],
    rows: [
      ['a|b<i>', '1'],
      ['\u001b[31mred\n', '22'],
    ],
    notes: [],
  };

  it('aligns text and lets no terminal escape through', () => {
    const lines = textTable(table).split('\n');
    expect(new Set(lines.slice(2).map((line) => line.length)).size).toBe(1);
    expect(lines.join('')).not.toContain('\u001b');
  });

  it('escapes Markdown', () => {
    expect(markdownTable(table)).toContain('| a\\|b&lt;i\\> | 1 |');
  });

  it('flattens provenance', () => {
    expect(provenanceTable({ a: { b: [1, 2] }, c: 'x' }, 'p').rows).toEqual([
      ['a.b', '[1,2]'],
      ['c', 'x'],
    ]);
  });
});

describe('text and JSON', () => {
  const { evaluation, prepared } = syntheticCohort(24);
  const model = buildReport({
    title: 't',
    evaluations: [evaluation],
    cohort: prepared.index,
    replicates: 50,
  });

  it('says what the software is not and that the data are synthetic', () => {
    for (const text of [metricsText(model), metricsJson(model)]) {
      expect(text).toContain('not a medical device');
      expect(text).toContain('Synthetic data');
    }
  });

  it.each([
    ['train', 'the method learned from these lesions'],
    ['val', 'chose the step at which training stopped'],
  ])('warns before anything else of the part %s, and gives no interval', async (part, words) => {
    const provenance = { ...evaluation.provenance, part };
    const fitted = buildReport({ title: 't', evaluations: [{ ...evaluation, provenance }] });
    const markdown = reportMarkdown(fitted, new LesionImages());
    expect(metricsText(fitted).split('\n')[0]).toContain('Not a test');
    expect(markdown.split('\n')[2]).toMatch(/^> Not a test/);
    const page = await reportPage(fitted, new LesionImages());
    for (const text of [metricsText(fitted), metricsJson(fitted), markdown, page]) {
      expect(text).toContain(words);
      expect(text).not.toMatch(/\d – \d|"lower": 0\.\d+,\s+"upper": [^,]+,\s+"level"/);
    }
  });

  it('warns of nothing on a test part', () => {
    const provenance = { ...evaluation.provenance, part: 'test' };
    const tested = buildReport({ title: 't', evaluations: [{ ...evaluation, provenance }] });
    expect(metricsText(tested)).not.toContain('Not a test');
    expect(metricsText(tested)).toMatch(/\d – \d/);
  });

  it('counts decisions for another class than the most probable one', () => {
    const predictions = evaluation.predictions.map((of, i) => ({
      ...of,
      probabilities: classes
        .map((name) => Number(i < 3 ? name !== of.predicted : name === of.predicted))
        .map((value, _, all) => value / all.reduce((a, b) => a + b, 0)),
    }));
    const odd = buildReport({ title: 't', evaluations: [{ ...evaluation, predictions }] });
    expect(metricsText(odd)).toContain('In 3 of 23 lesions the decided class is not');
    expect(metricsCsv(odd.evaluations)).toContain('lessProbable,,,3,23');
  });

  it.each([
    ['ResGL-BDLSTM (Liang', { pathways: 'both', phaseFusion: 'bdlstm', directions: 'both' }, {}],
    ['ResGLNet: a label map', { pathways: 'both', phaseFusion: 'concat' }, {}],
    ['ResGLNet: a label map', { pathways: 'both', phaseFusion: 'concat' }, null],
    ['ResNet_Local: a label map', { pathways: 'local', phaseFusion: 'concat' }, {}],
    [
      'Yasaka et al. 2018 with the phases as channels: one decision',
      { backbone: 'yasaka', pathways: 'global', phaseFusion: 'channels' },
      null,
    ],
    [
      'a residual network on the lesion with an LSTM over the phases: one',
      { pathways: 'global', phaseFusion: 'bdlstm', directions: 'both' },
      null,
    ],
    [
      'two scales of a patch (Frid-Adar',
      { pathways: 'both', phaseFusion: 'concat', patchScales: [9, 5] },
      {},
    ],
  ])('says by what network it was decided: %s', (words, network, svm) => {
    const about = aboutMethod([
      {
        ...evaluation,
        provenance: {
          network: { backbone: 'residual', patchSize: 7, ...network },
          training: { svm },
        },
      },
    ]);
    expect(about).toContain(words);
    expect(about.includes('SVM')).toBe(svm !== null);
    expect(about.includes('BDLSTM')).toBe(words.includes('BDLSTM'));
  });

  it('writes the numbers that were computed', () => {
    const json = JSON.parse(metricsJson(model));
    const right = evaluation.predictions.filter((of) => of.truth === of.predicted).length;
    expect(json.partitions[0].metrics.accuracy).toMatchObject({ count: right, of: 23 });
    expect(metricsText(model)).toContain(`${right} / 23`);
  });

  it('prints the second denominator for lesions without an ordinary patch', () => {
    const lowered = new Set(
      prepared.index.samples.filter((s) => s.coverageLowered).map((s) => s.lesionId),
    );
    const kept = evaluation.predictions.filter((of) => of.truth !== null && !lowered.has(of.id));
    const right = kept.filter((of) => of.truth === of.predicted);
    expect(lowered.size).toBe(2);
    expect(metricsText(model)).toContain(`(${right.length} / ${kept.length})`);
  });

  it('calls a cohort synthetic when the prepared folder does', () => {
    const quiet = { ...evaluation, synthetic: false };
    const cohort = { ...prepared.index, synthetic: true };
    expect(buildReport({ title: 't', evaluations: [quiet], cohort, replicates: 0 }).synthetic).toBe(
      true,
    );
    expect(buildReport({ title: 't', evaluations: [quiet], replicates: 0 }).synthetic).toBe(false);
  });
});
