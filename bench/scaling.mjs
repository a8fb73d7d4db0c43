/**
 * How time grows: of a training step over the patches and the ROIs of a batch and over phases, of label maps over the patches of a
 * lesion and over lesions, of a step over processes on the same cores. No claim, curves. Inputs are noise: **synthetic**.
 *
 *   node bench/scaling.mjs [--sweep batch,rois,phases,patches,lesions,processes] [--device cuda:0] [--quick] [--json FILE] [--chart FILE]
 *
 * With --json the sweeps that are not run stay in the file as they were.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { paperNetwork, quickNetwork, writeCase } from './lib/case.mjs';
import { gpuOrPlumbing } from './lib/gpu.mjs';
import { measure, median } from './lib/measure.mjs';
import { readOptions, selectEntries } from './lib/options.mjs';
import { measureProcesses } from './lib/processes.mjs';
import { scalingChart } from './lib/scaling-chart.mjs';

const options = readOptions({ sweep: { type: 'string' }, chart: { type: 'string' } });
const all = [
  { name: 'ours float32', side: 'ours', variant: 'float32' },
  { name: 'ours bf16', side: 'ours', variant: 'bf16' },
  { name: 'torch float32', side: 'peer', variant: 'channels_last' },
  { name: 'torch bf16', side: 'peer', variant: 'bf16' },
];
// Each costs a start, and what runs for one runs for four.
const training = options.quick ? all.slice(0, 1) : all;
const mapping = training.map((entry) =>
  entry.variant === 'channels_last' ? { ...entry, variant: 'folded' } : entry,
);
const { device, gpu } = options.device ? gpuOrPlumbing(options) : { device: 'cpu', gpu: null };
const network = options.quick ? quickNetwork : paperNetwork;
const base = options.quick
  ? { network, patches: 8, rois: 2, roiSize: [14, 12] }
  : { network, patches: 100, rois: 10, roiSize: [40, 44] };
const values = (full, quick) => (options.quick ? quick : full);

// The first of two steps finds the memory cold.
const step = {
  ...{ task: 'train-step', contenders: training, what: 'seconds of a step' },
  ...{ runs: 2, discard: 1 },
};
const map = {
  ...{ task: 'label-map', contenders: mapping, what: 'seconds of a label map' },
  ...{ runs: 1, discard: 0 },
};
const sweeps = {
  batch: {
    ...{ ...step, x: 'patches of a batch', title: 'Batch of 10 ROIs' },
    points: values([20, 50, 100, 200], [8, 16]).map((patches) => [patches, { patches }]),
  },
  rois: {
    ...{ ...step, x: 'ROIs of a batch', title: 'Batch of 100 patches' },
    points: values([1, 5, 10, 20, 50], [1, 2]).map((rois) => [rois, { rois }]),
  },
  phases: {
    ...{ ...step, x: 'phases', title: '100 patches, 10 ROIs' },
    points: values([1, 2, 3, 4], [1, 3]).map((phases) => [
      phases,
      { network: { ...network, phases } },
    ]),
  },
  patches: {
    ...{ ...map, x: 'patches of the lesion', title: 'Label map of a lesion' },
    points: values([125, 250, 500, 1000], [16, 32]).map((patches) => [
      patches,
      { patches, rois: 1, warm: true },
    ]),
  },
  lesions: {
    ...{ ...map, task: 'cohort', x: 'lesions', title: 'Label maps of lesions of 196 patches' },
    points: values([1, 2, 4, 8], [1, 2]).map((lesions) => [
      lesions,
      { lesions, lesionSides: [20, 20], patches: 1, rois: 1, warm: true },
    ]),
  },
  processes: { x: 'processes, one thread each', title: '100 patches, 10 ROIs', what: step.what },
};

// Processes share the cores; what several GPUs do is the launcher's affair.
const onCpu = device === 'cpu';
const sweepNames = Object.keys(sweeps).filter((name) => onCpu || name !== 'processes');
const usual = options.quick ? ['lesions', 'processes'] : sweepNames;
const chosen = options.sweep?.split(',') ?? usual;
const unknown = chosen.filter((name) => !sweepNames.includes(name));
if (unknown.length > 0) throw new Error(`--sweep: ${unknown} is none of ${sweepNames}`);
const record = kept();
for (const name of chosen) {
  const { x, title, what } = sweeps[name];
  const curves = name === 'processes' ? await processCurve() : await curvesOf(sweeps[name]);
  record.sweeps[name] = { x, y: what, title, curves };
  process.stdout.write(table(record.sweeps[name]));
  if (options.json) writeFileSync(options.json, `${JSON.stringify(record, null, 1)}\n`);
}
if (options.chart) writeFileSync(options.chart, await scalingChart(record.sweeps));

/** One curve a contender: [x, seconds] of each point, the median of the repeats. */
async function curvesOf({ task, contenders, points, runs, discard }) {
  const curves = {};
  for (const [x, change] of options.quick ? points.slice(0, 1) : points) {
    const description = { ...base, ...change, seed: 3, quick: options.quick };
    const { results } = await measure(selectEntries(contenders, options), {
      ...{ task, directory: writeCase(description), device, threads: options.threads },
      ...{ batchSize: 128, stride: 1, repeats: options.repeats, runs, discard },
    });
    for (const result of results) {
      // The cohort's seconds are those of a thousand patches.
      const scale = task === 'cohort' ? (x * (20 - 6) ** 2) / 1000 : 1;
      curves[result.name] ??= [];
      curves[result.name].push([x, scale * result.median]);
    }
  }
  return curves;
}

async function processCurve() {
  const curve = [];
  const most = options.quick ? 2 : availableParallelism();
  for (let processes = 1; processes <= most; processes *= 2) {
    const runs = [];
    for (let round = 0; round < options.repeats; round += 1) {
      const { seconds } = await measureProcesses({ processes, threads: processes, options });
      runs.push(...seconds);
    }
    curve.push([processes, median(runs)]);
  }
  return { 'ours float32': curve };
}

function table({ title, x, y, curves }) {
  const names = Object.keys(curves);
  const xs = [...new Set(names.flatMap((name) => curves[name].map(([value]) => value)))];
  const cells = (value) =>
    names.map((name) => curves[name].find(([at]) => at === value)?.[1].toFixed(3) ?? '');
  const rows = xs.map((value) => `| ${[value, ...cells(value)].join(' | ')} |`);
  const head = [`| ${[x, ...names].join(' | ')} |`, `|${'---|'.repeat(names.length + 1)}`];
  return `\n${title}, ${y}\n\n${[...head, ...rows].join('\n')}\n`;
}

/** What the file of an earlier run holds, so that sweeps can be run one by one. */
function kept() {
  const machine = { processor: cpus()[0]?.model, cores: cpus().length, node: process.version, gpu };
  const { threads, repeats, quick } = options;
  const settings = { device, threads, repeats, quick };
  const old =
    options.json && existsSync(options.json) ? JSON.parse(readFileSync(options.json)) : {};
  return { synthetic: true, machine, settings, sweeps: old.sweeps ?? {} };
}
