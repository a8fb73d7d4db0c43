/**
 * Claim: the paper's experiment takes at most 5 minutes on one GPU: its network with the intra-loss (row ResGL-BDLSTM) on two
 * partitions of 480 lesions, momentum SGD of at most 3000 steps with evaluation every 100 and patience 10, label maps at pace 1
 * of all lesions, the SVM. The lesions are phantoms: **synthetic**. Rendering and preparing them is timed apart.
 *
 *   node bench/paper-experiment.mjs [--device cuda:0] [--precision bf16] [--prepared FOLDER --splits FILE] [--quick] [--json FILE]
 *
 * Without a GPU only --quick runs: few small lesions, few steps, on the CPU.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate, fit as fitClassifier, networkPresets } from '@flc-native/classifier';
import {
  generatePhantom,
  prepareDataset,
  readDataset,
  readPrepared,
  readSplits,
  splitByPatient,
} from '@flc-native/pipeline';
import { quickNetwork } from './lib/case.mjs';
import { gpuOrPlumbing } from './lib/gpu.mjs';
import { readOptions } from './lib/options.mjs';

const options = readOptions({
  precision: { type: 'string', default: 'bf16' },
  prepared: { type: 'string' },
  splits: { type: 'string' },
});
const target = 300;
const { device, gpu } = gpuOrPlumbing(options);
const small = {
  ...{ batchSize: 12, roisPerBatch: 4, maxSteps: 3, evaluateEvery: 3 },
  ...{ evaluatePatchesPerLesion: 2, threads: 1 },
};

const scratch = await mkdtemp(join(tmpdir(), 'flc-bench-experiment-'));
try {
  const started = performance.now();
  const { prepared, partitions } = await cohort();
  const seconds = { cohort: since(started) };
  const sets = [];
  for (const partition of partitions) sets.push(await runSet(prepared, partition));
  const total = sets.reduce((sum, { parts }) => sum + sumOf(Object.values(parts)), 0);
  await publish({ seconds: { ...seconds, experiment: total }, sets, lesions: lesionsOf(prepared) });
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** One partition: seconds of training, label maps with the SVM, and the test part. */
async function runSet(prepared, partition) {
  const config = {
    ...networkPresets['resgl-bdlstm'],
    ...{ device, precision: options.precision, labelMapPace: options.quick ? 4 : 1, seed: 1 },
    ...(options.quick ? small : {}),
  };
  if (options.quick) config.network = { ...config.network, ...quickNetwork };
  const parts = { training: 0, labelMaps: 0, svm: 0, test: 0 };
  let [stage, begin] = ['training', performance.now()];
  const next = (other) => {
    if (other === stage) return;
    parts[stage] += since(begin);
    [stage, begin] = [other, performance.now()];
  };
  const onEvent = ({ type }) => {
    if (type === 'label-maps') next('labelMaps');
    if (type === 'svm') next('svm');
  };
  const runDir = join(scratch, partition.name);
  const fitted = await fitClassifier({
    prepared,
    partition,
    config,
    runDir,
    distributed: false,
    onEvent,
  });
  next('test');
  const { bundle, steps, bestStep } = fitted;
  const { precision } = options;
  const evaluation = await evaluate({ prepared, partition, bundle, device, precision });
  next('done');
  const right = evaluation.predictions.filter((one) => one.predicted === one.truth).length;
  const of = evaluation.predictions.length;
  const name = partition.name;
  process.stderr.write(`${name}: ${steps} steps, ${right} of ${of} synthetic lesions right\n`);
  return { name, parts, steps, bestStep, right, of };
}

async function cohort() {
  if (options.prepared !== undefined && options.splits !== undefined) {
    const { partitions } = await readSplits(options.splits);
    return { prepared: await readPrepared(options.prepared), partitions };
  }
  const phantoms = join(scratch, 'phantoms');
  const out = join(scratch, 'prepared');
  const size = options.quick ? { lesions: 12, size: [96, 96, 12] } : { lesions: 480 };
  await generatePhantom({ out: phantoms, seed: 1, ...size });
  await prepareDataset(await readDataset(join(phantoms, 'dataset.yaml')), out, {});
  const prepared = await readPrepared(out);
  const { partitions } = splitByPatient(prepared.index.samples, { seed: 1, partitions: 2 });
  return { prepared, partitions };
}

async function publish(result) {
  const { experiment } = result.seconds;
  const record = {
    ...{ synthetic: true, quick: options.quick, device, precision: options.precision },
    ...{ target, met: options.quick || gpu === null ? null : experiment <= target },
    ...result,
    machine: { processor: cpus()[0]?.model, cores: cpus().length, node: process.version, gpu },
  };
  const rows = result.sets.map(({ name, parts, steps, right, of }) => {
    const times = Object.entries(parts).map(([part, time]) => `${part} ${time.toFixed(1)} s`);
    return `${name}: ${times.join(', ')}; ${steps} steps; ${right} of ${of} synthetic lesions right`;
  });
  const verdict = record.met === null ? '' : record.met ? ', met' : ', not met';
  process.stdout.write(
    [
      `The paper's experiment on ${result.lesions} synthetic lesions${options.quick ? ' (quick: sizes too small to mean anything)' : ''}`,
      ...rows,
      `both sets: ${experiment.toFixed(1)} s (target at most ${target} s on one GPU${verdict})`,
      `phantoms and preparation: ${result.seconds.cohort.toFixed(1)} s`,
      '',
    ].join('\n'),
  );
  if (options.json) await writeFile(options.json, `${JSON.stringify(record, null, 2)}\n`);
}

function lesionsOf({ index }) {
  return new Set(index.samples.map(({ lesionId }) => lesionId)).size;
}

function since(begin) {
  return (performance.now() - begin) / 1000;
}

function sumOf(values) {
  return values.reduce((sum, value) => sum + value, 0);
}
