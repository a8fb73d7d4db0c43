// Fits every classic comparison method on the partitions of a phantom cohort and classifies the test lesions. Claim:
// 480 lesions and two partitions in at most 10 minutes on 2 cores without the method that learns by K-SVD, 20 with it.
//
//   node bench/baselines.mjs [--quick] [--prepared FOLDER --splits FILE] [--lesions N] [--only a,b] [--threads N]
//                            [--json results.json]
//
// Without --prepared, --lesions phantoms (480) are rendered and prepared first; that is no part of the times. All
// accuracies are of synthetic lesions.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { comparisonMethods } from '@flc-native/baselines';
import {
  generatePhantom,
  prepareDataset,
  readDataset,
  readPrepared,
  readSplits,
  splitByPatient,
} from '@flc-native/pipeline';
import { readOptions } from './lib/options.mjs';

const values = readOptions({
  prepared: { type: 'string' },
  splits: { type: 'string' },
  lesions: { type: 'string' },
});
/** Settings of --quick: they show that everything runs, and measure nothing. */
const small = { patchesPerClass: 300, words: 8, interiorWords: 8, boundaryWords: 8, atoms: 16 };
const targets = { withoutDictionary: 600, all: 1200 };
const scratch = await mkdtemp(join(tmpdir(), 'flc-bench-baselines-'));
try {
  const { prepared, splits } = await cohort();
  const lesions = lesionsOf(prepared.index.samples);
  const names = values.only?.split(',');
  const rows = [];
  for (const method of comparisonMethods) {
    if (names !== undefined && !names.includes(method.name)) continue;
    for (const partition of splits.partitions) {
      rows.push(await measure(method, prepared, partition, lesions));
    }
  }
  const total = (some) => some.reduce((sum, row) => sum + row.fitSeconds + row.predictSeconds, 0);
  const result = {
    machine: { processor: cpus()[0]?.model, threads: values.threads },
    lesions: lesions.length,
    partitions: splits.partitions.length,
    synthetic: prepared.index.synthetic,
    rows,
    seconds: {
      withoutDictionary: round(total(rows.filter((row) => row.method !== 'wang'))),
      all: round(total(rows)),
    },
    targets: { ...targets, forLesions: 480, forPartitions: 2 },
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(text);
  if (values.json !== undefined) await writeFile(values.json, text);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function cohort() {
  if (values.prepared !== undefined && values.splits !== undefined) {
    return {
      prepared: await readPrepared(values.prepared),
      splits: await readSplits(values.splits),
    };
  }
  const phantoms = join(scratch, 'phantoms');
  const out = join(scratch, 'prepared');
  const size = values.quick ? { size: [96, 96, 12] } : {};
  const lesions = Number(values.lesions ?? (values.quick ? 24 : 480));
  await generatePhantom({ out: phantoms, seed: 1, lesions, ...size });
  await prepareDataset(await readDataset(join(phantoms, 'dataset.yaml')), out, {});
  const prepared = await readPrepared(out);
  return {
    prepared,
    splits: splitByPatient(prepared.index.samples, { seed: 1, partitions: values.quick ? 1 : 2 }),
  };
}

function lesionsOf(samples) {
  const byId = new Map();
  for (const sample of samples) {
    byId.set(sample.lesionId, [...(byId.get(sample.lesionId) ?? []), sample]);
  }
  return [...byId].map(([id, slices]) => {
    const { patientId, class: name } = slices[0];
    return { id, patientId, class: name, samples: slices };
  });
}

async function measure(method, prepared, partition, lesions) {
  const part = (name) => lesions.filter(({ patientId }) => partition[name].includes(patientId));
  const stages = {};
  let since = performance.now();
  const onProgress = ({ stage }) => {
    // Time since the last report is that of the stage which reports.
    stages[stage] = (stages[stage] ?? 0) + (performance.now() - since) / 1000;
    since = performance.now();
  };
  const known = Object.entries(small).filter(([key]) => key in method.settings);
  const settings = values.quick ? { ...Object.fromEntries(known), exponents: [-6, 4] } : {};
  const started = performance.now();
  const fitted = await method.fit(
    {
      prepared,
      train: part('train'),
      val: part('val'),
      seed: 1,
      workers: values.threads,
      onProgress,
    },
    settings,
  );
  const fitSeconds = (performance.now() - started) / 1000;
  const test = part('test');
  const unlabelled = test.map(({ class: _, ...lesion }) => lesion);
  const predicting = performance.now();
  const predictions = await fitted.predict(unlabelled);
  const row = {
    method: method.name,
    partition: partition.name,
    fitSeconds: round(fitSeconds),
    predictSeconds: round((performance.now() - predicting) / 1000),
    stages: Object.fromEntries(Object.entries(stages).map(([name, s]) => [name, round(s)])),
    right: predictions.filter(({ predicted }, i) => predicted === test[i].class).length,
    of: test.length,
    description: fitted.description,
  };
  const share = ((100 * row.right) / row.of).toFixed(1);
  process.stderr.write(
    `${method.name} ${partition.name}: fit ${row.fitSeconds} s, predict ${row.predictSeconds} s, ${share} % of synthetic lesions\n`,
  );
  return row;
}

function round(seconds) {
  return Number(seconds.toFixed(2));
}
