/**
 * How near the training step and the label map come to what the device can do: operations and bytes counted from the network's
 * configuration (lib/operations.mjs), beside the peaks of a matrix product and a memory triad, measured before and after in the
 * same run. No claim. `node bench/roofline.mjs [--device cuda:0] [--quick] [--json FILE]`
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { paperNetwork, quickNetwork, writeCase } from './lib/case.mjs';
import { python, pythonEnvironment } from './lib/contenders.mjs';
import { gpuOrPlumbing } from './lib/gpu.mjs';
import { measure } from './lib/measure.mjs';
import { labelMap, trainingStep } from './lib/operations.mjs';
import { readOptions, selectEntries } from './lib/options.mjs';
import { publish } from './lib/print.mjs';

const contenders = [
  { name: 'ours float32', side: 'ours', variant: 'float32' },
  { name: 'ours bf16', side: 'ours', variant: 'bf16' },
];
const options = readOptions();
const { device, gpu } = options.device ? gpuOrPlumbing(options) : { device: 'cpu', gpu: null };
const network = options.quick ? quickNetwork : paperNetwork;
const sizes = options.quick
  ? { patches: 12, rois: 3, roiSize: [14, 12] }
  : { patches: 100, rois: 10, roiSize: [40, 44] };
const mapSizes = { ...sizes, patches: options.quick ? 16 : 500, rois: 1 };

const work = [
  { task: 'train-step', sizes, count: trainingStep, runs: 2, discard: 1 },
  { task: 'label-map', sizes: mapSizes, count: labelMap, runs: 1, discard: 0 },
];
for (const part of work) {
  part.directory = writeCase({
    ...{ network, ...part.sizes, seed: 1, warm: true, quick: options.quick },
  });
}
const before = peaks();
const rows = [];
for (const { task, directory, sizes, count, ...runs } of work) {
  const { results } = await measure(selectEntries(contenders, options), {
    ...{ task, directory, device, threads: options.threads, repeats: options.repeats, ...runs },
  });
  for (const result of results) rows.push({ ...result, task, count, sizes });
}
const peak = options.quick ? before : highest(before, peaks());
const results = rows.map(({ name, task, variant, count, sizes, ...result }) => {
  const { operations, bytes } = count(network, sizes, variant === 'bf16' ? 2 : 4);
  const compute = operations / peak[variant];
  const memory = bytes / peak.triad;
  const roof = { compute, memory, share: Math.max(compute, memory) / result.median };
  return { ...result, name: `${task}, ${name}`, operations, bytes, roof };
});
const giga = (value) => (value / 1e9).toFixed(0);
process.stdout.write(
  [
    `peaks: float32 ${giga(peak.float32)}, bf16 ${giga(peak.bf16)} G operations/s; triad ${giga(peak.triad)} GB/s`,
    ...results.map(
      ({ name, operations, bytes, median, roof }) =>
        `${name}: ${giga(operations)} G operations, ${(bytes / 1e9).toFixed(1)} GB; at the peaks ${roof.compute.toFixed(2)} s and ${roof.memory.toFixed(2)} s; measured ${median.toFixed(2)} s, ${giga(operations / median)} G operations/s, ${(100 * roof.share).toFixed(0)} % of the roof`,
    ),
    '',
    '',
  ].join('\n'),
);
publish(
  { title: 'Roofline', results, peaks: peak, missing: [], checks: [], claims: [] },
  options,
  undefined,
  gpu,
);

function peaks() {
  const script = fileURLToPath(new URL('./peer/peaks.py', import.meta.url));
  const args = [script, device, String(options.threads), String(options.quick)];
  const env = { ...pythonEnvironment(), OMP_NUM_THREADS: String(options.threads) };
  const { status, stdout, stderr } = spawnSync(python, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the peaks could not be measured: ${stderr}`);
  return JSON.parse(stdout);
}

function highest(a, b) {
  return Object.fromEntries(Object.keys(a).map((key) => [key, Math.max(a[key], b[key])]));
}
