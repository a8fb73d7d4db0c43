/**
 * Claim: one training step of 100 patches from 10 ROIs at the paper's size on CPU takes at most 0.9 of the
 * time of PyTorch's best for the same computation and precision, is at least 3 times faster than our own pair-wise step, and
 * holds at most 4.5 GiB over libtorch's own. `node bench/train-step.mjs [--quick] [--json FILE]`
 */
import { paperNetwork, quickNetwork, writeCase } from './lib/case.mjs';
import { comparison } from './lib/compare.mjs';
import { measure } from './lib/measure.mjs';
import { readOptions, selectEntries } from './lib/options.mjs';
import { publish } from './lib/print.mjs';

const contenders = [
  { name: 'ours float32', side: 'ours', variant: 'float32' },
  { name: 'ours bf16', side: 'ours', variant: 'bf16' },
  { name: 'ours pairwise', side: 'ours', variant: 'pairwise', rare: true },
  { name: 'torch pairwise', side: 'peer', variant: 'pairwise', rare: true },
  { name: 'torch shared', side: 'peer', variant: 'shared' },
  { name: 'torch channels_last', side: 'peer', variant: 'channels_last', full: true },
  { name: 'torch bf16', side: 'peer', variant: 'bf16' },
  { name: 'torch compile', side: 'peer', variant: 'compile', compile: true },
  { name: 'torch compile bf16', side: 'peer', variant: 'compile_bf16', compile: true },
];
const float32Peers = ['torch shared', 'torch channels_last', 'torch compile'];
const bf16Peers = ['torch bf16', 'torch compile bf16'];

const options = readOptions();
const sizes = options.quick
  ? { network: quickNetwork, patches: 12, rois: 3, roiSize: [20, 26] }
  : { network: paperNetwork, patches: 100, rois: 10, roiSize: [40, 44] };
const directory = writeCase({ ...sizes, seed: 1, quick: options.quick });
// A run is some steps from the same weights; the first two find the memory cold.
const { results, missing, torch } = await measure(selectEntries(contenders, options), {
  task: 'train-step',
  directory,
  threads: options.threads,
  repeats: options.repeats,
  runs: options.quick ? 2 : 8,
  discard: options.quick ? 1 : 2,
});
const { speedup, memory, losses } = comparison(results);
publish(
  {
    title: `Training step, ${sizes.patches} patches of ${sizes.rois} ROIs, CPU`,
    unit: { name: 'patches', count: sizes.patches },
    results,
    missing,
    checks: [
      ...losses('ours float32', 'torch shared', 1e-4),
      ...losses('ours pairwise', 'torch pairwise', 1e-4),
      ...losses('ours float32', 'ours pairwise', 1e-4),
      ...losses('ours bf16', 'ours float32', 5e-2),
      // Of the contenders that are timed, each against ours: --only may leave out the plain one.
      ...losses('torch channels_last', 'ours float32', 1e-4),
      ...losses('torch compile', 'ours float32', 1e-4),
      ...losses('torch bf16', 'ours bf16', 5e-2),
      ...losses('torch compile bf16', 'ours bf16', 5e-2),
      ...losses('torch channels_last', 'torch shared', 1e-4),
      ...losses('torch bf16', 'torch shared', 5e-2),
    ],
    claims: [
      ...speedup('ours float32 / best of torch in float32', 'ours float32', float32Peers, 1.11),
      ...speedup('ours bf16 / best of torch in bf16', 'ours bf16', bf16Peers, 1.11),
      ...speedup('ours float32 / ours pairwise', 'ours float32', ['ours pairwise'], 3),
      ...speedup('torch shared / torch pairwise', 'torch shared', ['torch pairwise'], 3),
      ...memory('GiB over libtorch, ours float32', 'ours float32', 4.5),
    ],
  },
  options,
  torch,
);
