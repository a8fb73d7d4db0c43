/**
 * Claim: on a GPU one training step of 100 patches from 10 ROIs at the paper's size is at least 2 times as fast as eager PyTorch in
 * bf16 and 1.2 times as fast as torch.compile (reduce-overhead), with the same losses.
 * `node bench/gpu-train-step.mjs [--device cuda:0] [--quick] [--json FILE]`
 */
import { paperNetwork, quickNetwork, writeCase } from './lib/case.mjs';
import { comparison } from './lib/compare.mjs';
import { gpuOrPlumbing } from './lib/gpu.mjs';
import { measure } from './lib/measure.mjs';
import { readOptions, selectEntries } from './lib/options.mjs';
import { publish } from './lib/print.mjs';

const ours = (name, variant, config = {}) => ({ name, side: 'ours', variant, config });
const contenders = [
  ours('ours float32', 'float32'),
  ours('ours tf32', 'tf32'),
  ours('ours bf16', 'bf16'),
  ours('ours bf16, no graph', 'bf16', { graphs: 'off' }),
  ours('ours bf16, streams', 'bf16', { phaseStreams: 'on' }),
  { name: 'torch eager float32', side: 'peer', variant: 'shared' },
  { name: 'torch eager tf32', side: 'peer', variant: 'eager_tf32', full: true },
  { name: 'torch eager bf16', side: 'peer', variant: 'eager_bf16' },
  { name: 'torch channels_last float32', side: 'peer', variant: 'channels_last', full: true },
  { name: 'torch channels_last bf16', side: 'peer', variant: 'bf16', full: true },
  { name: 'torch compile tf32', side: 'peer', variant: 'compile_tf32', compile: true },
  { name: 'torch compile bf16', side: 'peer', variant: 'compile_bf16', compile: true },
];

const options = readOptions();
const { device, title, gpu } = gpuOrPlumbing(options);
const sizes = options.quick
  ? { network: quickNetwork, patches: 12, rois: 3, roiSize: [20, 26] }
  : { network: paperNetwork, patches: 100, rois: 10, roiSize: [40, 44] };
const directory = writeCase({ ...sizes, seed: 1, quick: options.quick });
// Graphs are captured, kernels chosen and code compiled in the first steps.
const [runs, discard] = options.quick ? [3, 1] : [60, 20];
const chosen = { ...options, compile: options.compile || gpu !== null };
const { results, missing, torch } = await measure(selectEntries(contenders, chosen), {
  task: 'train-step',
  ...{ directory, device, threads: options.threads, repeats: options.repeats, runs, discard },
});
const { speedup, losses } = comparison(results);
const eager = ['torch eager bf16', 'torch channels_last bf16'];
publish(
  {
    title: `Training step, ${sizes.patches} patches of ${sizes.rois} ROIs, ${title}`,
    unit: { name: 'patches', count: sizes.patches },
    results,
    missing,
    checks: [
      ...losses('ours float32', 'torch eager float32', 1e-3),
      ...losses('ours tf32', 'torch eager float32', 1e-2),
      ...losses('ours bf16', 'torch eager float32', 5e-2),
      ...losses('ours bf16, no graph', 'ours bf16', 5e-2),
      ...losses('ours bf16, streams', 'ours bf16', 5e-2),
      ...losses('torch eager tf32', 'torch eager float32', 1e-2),
      ...losses('torch eager bf16', 'torch eager float32', 5e-2),
      ...losses('torch compile bf16', 'torch eager float32', 5e-2),
    ],
    claims: [
      ...speedup('ours bf16 / eager bf16', 'ours bf16', eager, 2),
      ...speedup('ours bf16 / torch.compile bf16', 'ours bf16', ['torch compile bf16'], 1.2),
      ...speedup('ours tf32 / torch.compile tf32', 'ours tf32', ['torch compile tf32'], 1.2),
      ...speedup('graph / no graph', 'ours bf16', ['ours bf16, no graph'], 1),
      ...speedup('streams / none', 'ours bf16, streams', ['ours bf16'], 1),
    ],
  },
  options,
  torch,
  gpu,
);
