import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Partition, writeSplits } from '@flc-native/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSquareCohort } from '../../classifier/test/square-cohort.js';
import { type CompareOptions, type Comparison, compare } from '../src/index.js';

let dir: string;
let prepared: string;
let splits: string;
let partitions: Partition[];
let first: Comparison;

const settings: CompareOptions['settings'] = {
  train: {
    network: { depth: 1, widths: [4, 6, 8], hiddenSize: 8, patchInput: 16, roiInput: 16 },
    batchSize: 16,
    roisPerBatch: 4,
    maxSteps: 12,
    evaluateEvery: 6,
    evaluatePatchesPerLesion: 4,
    threads: 1,
    device: 'cpu',
  },
  labelMapPace: 4,
  unit: 'lesion',
  seed: 1,
  classic: {},
};
const methods = ['roy', 'resnet-local', 'resgl-bdlstm', 'majority-vote'];
const options = (out: string, more: Partial<CompareOptions> = {}): CompareOptions => ({
  ...{ prepared, splits, out: join(dir, out), methods, settings, cores: 2 },
  ...more,
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-compare-'));
  const { partition } = await writeSquareCohort(dir);
  prepared = join(dir, 'prepared');
  splits = join(dir, 'splits.json');
  const { train, val, test } = partition;
  const [some, others] = [test.slice(0, 4), test.slice(4)];
  partitions = [
    partition,
    {
      ...partition,
      name: 'set2',
      train: [...some, ...others],
      val: train.slice(0, 4),
      test: [...val, ...train.slice(4)],
    },
  ];
  await writeSplits(splits, { format: 'flc-splits', version: 1, seed: 0, partitions });
  first = await compare(options('first'));
}, 300_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

const decisions = ({ rows }: Comparison) =>
  rows.map(({ method, evaluations }) => ({
    method,
    predictions: evaluations.map((one) =>
      one.predictions.map(({ id, predicted, probabilities }) => ({ id, predicted, probabilities })),
    ),
  }));

// Each job is a process that loads libtorch; on a busy machine that takes its time.
describe('compare', { timeout: 300_000 }, () => {
  it('runs every method on the same test lesions of every partition', () => {
    expect(first.partitions).toEqual(['set1', 'set2']);
    expect(first.rows.map(({ method }) => method)).toEqual(methods);
    for (const { evaluations, missing } of first.rows) {
      expect(missing).toEqual([]);
      for (const [i, evaluation] of evaluations.entries()) {
        expect(evaluation.name).toBe(first.partitions[i]);
        const patients = evaluation.predictions.map(({ patientId }) => patientId);
        expect(patients.sort()).toEqual([...(partitions[i]?.test ?? [])].sort());
      }
    }
  });

  it('names one and the same cohort in every row', () => {
    const hashes = first.rows.flatMap(({ evaluations }) =>
      evaluations.flatMap(({ provenance }) => {
        const { training } = provenance as { training?: { dataHash: string } };
        return [provenance.dataHash, ...(training === undefined ? [] : [training.dataHash])];
      }),
    );
    // A classic row, and three of networks with the cohort that they learned from, on two partitions.
    expect(hashes).toHaveLength(2 * (1 + 3 * 2));
    expect(new Set(hashes).size).toBe(1);
  });

  it('refuses the same images under two patients before it runs anything', async () => {
    const index = JSON.parse(await readFile(join(prepared, 'index.json'), 'utf8'));
    const copied = join(dir, 'copied');
    await cp(prepared, copied, { recursive: true });
    const caseOf = (patient?: string) =>
      index.cases.find(({ patientId }: { patientId: string }) => patientId === patient);
    caseOf(partitions[0]?.test[0]).inputs = caseOf(partitions[0]?.train[0]).inputs;
    await writeFile(join(copied, 'index.json'), JSON.stringify(index));
    const out = options('copied-out', { prepared: copied, methods: ['roy'] });
    await expect(compare(out)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringContaining('the same images'),
    });
    expect(existsSync(out.out)).toBe(false);
  });

  it('decides the label maps of the full method without the machine where asked', () => {
    const [, , full, vote] = first.rows;
    expect(vote?.settings).toEqual({});
    for (const [i, evaluation] of (vote?.evaluations ?? []).entries())
      for (const [j, prediction] of evaluation.predictions.entries())
        expect(prediction.probabilities).toEqual(full?.evaluations[i]?.predictions[j]?.proportions);
  });

  it('gives the same table again', async () => {
    expect(decisions(await compare(options('again')))).toEqual(decisions(first));
  });

  it('does not run again what is done, and goes on where it was stopped', async () => {
    const controller = new AbortController();
    const out = options('stopped', {
      cores: 1,
      signal: controller.signal,
      onProgress: ({ done, total }) => {
        if (done > 0.7 * total) controller.abort();
      },
    });
    await expect(compare(out)).rejects.toMatchObject({ code: 'CANCELLED' });
    const job = join(out.out, 'jobs', 'set1', 'roy', 'job.json');
    const before = await readFile(job, 'utf8');
    const { signal: _signal, onProgress: _report, ...rest } = out;
    expect(decisions(await compare(rest))).toEqual(decisions(first));
    expect(await readFile(job, 'utf8')).toBe(before);
  });

  it('runs every method with several seeds, each partition once with each', async () => {
    const { train } = settings;
    const seeded = await compare(
      options('seeds', {
        methods: ['resnet-local', 'roy'],
        settings: { ...settings, seeds: 2, train: { ...train, maxSteps: 4, evaluateEvery: 4 } },
      }),
    );
    expect(seeded.partitions).toEqual([
      ...['set1-seed-1', 'set1-seed-2'],
      ...['set2-seed-1', 'set2-seed-2'],
    ]);
    expect(seeded.splits.partitions.map(({ name }) => name)).toEqual(seeded.partitions);
    const network = seeded.rows.find(({ method }) => method === 'resnet-local');
    expect(network?.missing).toEqual([]);
    const [a, b, c] = network?.evaluations ?? [];
    expect([a?.name, b?.name]).toEqual(['set1-seed-1', 'set1-seed-2']);
    expect([a?.repeat, b?.repeat]).toEqual([1, 2].map((seed) => ({ of: 'set1', seed })));
    expect(first.rows[0]?.evaluations[0]?.repeat).toBeUndefined();
    const ids = (one = a) => one?.predictions.map(({ id }) => id);
    expect(ids(b)).toEqual(ids(a));
    expect(ids(c)).not.toEqual(ids(a));
    const outputs = (one = a) => one?.predictions.map((lesion) => lesion.meanProbabilities);
    expect(outputs(b)).not.toEqual(outputs(a));
    const configs = Object.values(network?.settings ?? {}) as { config: { seed: number } }[];
    expect(configs.map(({ config }) => config.seed)).toEqual([1, 2, 1, 2]);
  });

  it('cannot learn from the classes of the test part', async () => {
    const index = JSON.parse(await readFile(join(prepared, 'index.json'), 'utf8'));
    const shuffled = join(dir, 'shuffled');
    await cp(prepared, shuffled, { recursive: true });
    const hidden = new Set(partitions[0]?.test);
    const turned = ['hem', 'hcc', 'fnh', 'cyst'];
    for (const sample of index.samples)
      if (hidden.has(sample.patientId)) sample.class = turned[index.classes.indexOf(sample.class)];
    await writeFile(join(shuffled, 'index.json'), JSON.stringify(index));
    const alone = join(dir, 'alone.json');
    await writeSplits(alone, {
      format: 'flc-splits',
      version: 1,
      seed: 0,
      partitions: partitions.slice(0, 1),
    });
    const result = await compare(options('blind', { prepared: shuffled, splits: alone }));
    const expected = decisions(first).map(({ method, predictions }) => ({
      method,
      predictions: predictions.slice(0, 1),
    }));
    expect(decisions(result)).toEqual(expected);
    const truths = result.rows[0]?.evaluations[0]?.predictions.map(({ truth }) => truth);
    expect(truths).not.toEqual(
      first.rows[0]?.evaluations[0]?.predictions.map(({ truth }) => truth),
    );
  });
});

describe('bad input of a comparison', { timeout: 300_000 }, () => {
  it('a class that is absent from a part leaves that partition out, and the rest is made', async () => {
    const [good, other] = partitions as [Partition, Partition];
    const cyst = new Set(
      first.prepared.index.samples
        .filter((one) => one.class === 'cyst')
        .map((one) => one.patientId),
    );
    const lacking = { ...other, train: other.train.filter((patient) => !cyst.has(patient)) };
    const file = join(dir, 'lacking.json');
    await writeSplits(file, {
      format: 'flc-splits',
      version: 1,
      seed: 0,
      partitions: [good, lacking],
    });
    const { rows } = await compare(options('lacking', { splits: file, methods: ['resnet-local'] }));
    expect(rows[0]?.evaluations).toHaveLength(1);
    expect(rows[0]?.missing).toMatchObject([{ partition: 'set2', code: 'DATA_ERROR' }]);
    expect(rows[0]?.missing[0]?.message).toContain('no lesion of cyst');
  });

  it('a method that fails leaves its cells out, and the rest is made', async () => {
    const failing = { ...settings, classic: { roy: { levels: 0 } } };
    const out = options('failing', { settings: failing, methods: ['roy', 'resnet-local'] });
    const { rows } = await compare(out);
    expect(rows.map(({ evaluations }) => evaluations.length)).toEqual([0, 2]);
    expect(rows[0]?.missing).toMatchObject([
      { partition: 'set1', code: 'INVALID_CONFIG' },
      { partition: 'set2', code: 'INVALID_CONFIG' },
    ]);
  });

  it('refuses a prepared cohort of another version', async () => {
    const other = join(dir, 'other-version');
    await cp(prepared, other, { recursive: true });
    const index = JSON.parse(await readFile(join(other, 'index.json'), 'utf8'));
    await writeFile(join(other, 'index.json'), JSON.stringify({ ...index, version: 9 }));
    await expect(compare(options('x', { prepared: other }))).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: 'prepared by another version of the layout',
    });
  });

  it('a process that is killed is a missing cell with a reason', async () => {
    const script = join(dir, 'dies.mjs');
    await writeFile(script, "process.on('message', () => process.kill(process.pid, 'SIGKILL'));\n");
    const killed = options('killed', {
      methods: ['resnet-local'],
      script: new URL(`file://${script}`),
    });
    const { rows } = await compare(killed);
    expect(rows[0]?.missing.map(({ code }) => code)).toEqual(['OUT_OF_MEMORY', 'OUT_OF_MEMORY']);
  });

  it('spreads the networks of one partition over the devices, whatever runs beside them', async () => {
    // Jobs that say where they were sent, and do nothing.
    const [script, log] = [join(dir, 'says.mjs'), join(dir, 'devices.txt')];
    await writeFile(
      script,
      `import { appendFileSync } from 'node:fs';
process.on('message', ({ job }) => {
  appendFileSync(${JSON.stringify(log)}, job.row + ' ' + job.settings.train.device + '\\n');
  const error = { code: 'INTERNAL', message: 'nothing was done', details: {} };
  process.send({ type: 'error', error }, () => process.disconnect());
});
`,
    );
    const single = join(dir, 'single.json');
    const [one] = partitions as [Partition];
    const head = { format: 'flc-splits', version: 1, seed: 0 } as const;
    await writeSplits(single, { ...head, partitions: [one] });
    await compare(
      options('spread', {
        splits: single,
        methods: ['roy', 'yang', 'xu-2018', 'resnet-local', 'resglnet', 'resgl-bdlstm'],
        devices: ['cuda:0', 'cuda:1'],
        script: new URL(`file://${script}`),
      }),
    );
    const sent = new Map(
      (await readFile(log, 'utf8')).split('\n').map((line) => line.split(' ') as [string, string]),
    );
    expect(sent.get('resnet-local')).toBe('cuda:0');
    expect(sent.get('resglnet')).toBe('cuda:1');
    expect(sent.get('resgl-bdlstm')).toBe('cuda:0');
  });

  it('refuses unknown methods, foreign splits and a folder of another comparison', async () => {
    await expect(compare(options('x', { methods: ['resgl-bdlst'] }))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      remedy: 'Did you mean resgl-bdlstm?',
    });
    const other = { ...settings, seed: 2 };
    await expect(compare(options('first', { settings: other }))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      details: { differing: ['settings'] },
    });
    const foreign = join(dir, 'foreign.json');
    const [one] = partitions as [Partition];
    await writeSplits(foreign, {
      ...{ format: 'flc-splits', version: 1, seed: 0 },
      partitions: [{ ...one, test: ['0123456789ab'] }],
    });
    await expect(compare(options('x', { splits: foreign }))).rejects.toMatchObject({
      code: 'DATA_ERROR',
    });
    expect(existsSync(join(dir, 'x'))).toBe(false);
  });
});
