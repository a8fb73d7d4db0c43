/**
 * Claim: on a GPU the label maps of a whole cohort come at least 10 times as fast as from PyTorch pair-wise in float32, 4 times as
 * fast as from our own network pair-wise in the same precision (sharing the global pathway can give 5 at most), and 2 times as
 * fast as from PyTorch with the global features shared in the same precision. The lesions are noise: **synthetic**.
 * `node bench/gpu-label-maps.mjs [--device cuda:0] [--quick] [--json FILE]`
 */
import { paperNetwork, quickNetwork, writeCase } from './lib/case.mjs';
import { comparison } from './lib/compare.mjs';
import { gpuOrPlumbing } from './lib/gpu.mjs';
import { measure } from './lib/measure.mjs';
import { readOptions, selectEntries } from './lib/options.mjs';
import { publish } from './lib/print.mjs';

const contenders = [
  { name: 'ours float32', side: 'ours', variant: 'float32' },
  { name: 'ours tf32', side: 'ours', variant: 'tf32' },
  { name: 'ours bf16', side: 'ours', variant: 'bf16' },
  { name: 'ours pairwise float32', side: 'ours', variant: 'pairwise_float32' },
  { name: 'ours pairwise bf16', side: 'ours', variant: 'pairwise_bf16' },
  { name: 'torch pairwise float32', side: 'peer', variant: 'pairwise' },
  { name: 'torch shared float32', side: 'peer', variant: 'shared' },
  { name: 'torch shared bf16', side: 'peer', variant: 'eager_bf16', full: true },
  { name: 'torch folded float32', side: 'peer', variant: 'folded', full: true },
  { name: 'torch folded bf16', side: 'peer', variant: 'bf16' },
];

const options = readOptions();
const { device, title, gpu } = gpuOrPlumbing(options);
const sizes = options.quick
  ? { network: quickNetwork, lesions: 4, lesionSides: [9, 12] }
  : { network: paperNetwork, lesions: 480, lesionSides: [20, 60] };
// The inputs of the other benchmarks, unused here, are as small as they can be.
const unused = { patches: 1, rois: 1, roiSize: [8, 8] };
const directory = writeCase({ ...sizes, ...unused, seed: 2, warm: true, quick: options.quick });
const { results, missing, torch } = await measure(selectEntries(contenders, options), {
  task: 'cohort',
  ...{ directory, device, threads: options.threads, repeats: options.repeats },
  ...{ batchSize: options.quick ? 16 : 1024, stride: options.quick ? 2 : 24 },
  ...{ runs: 1, discard: 0, outputs: true },
});
const { speedup, probabilities } = comparison(results);
publish(
  {
    title: `Label maps of ${sizes.lesions} synthetic lesions, seconds per thousand patches, ${title}`,
    unit: { name: 'patches', count: 1000 },
    results,
    missing,
    checks: [
      ...probabilities('ours float32', 'torch shared float32', 1e-3),
      ...probabilities('ours tf32', 'torch shared float32', 1e-2),
      ...probabilities('ours bf16', 'torch shared float32', 5e-2),
      ...probabilities('ours pairwise float32', 'ours float32', 1e-3),
      ...probabilities('ours pairwise bf16', 'ours bf16', 5e-2),
      ...probabilities('torch pairwise float32', 'torch shared float32', 1e-3),
      ...probabilities('torch folded bf16', 'torch shared float32', 5e-2),
    ],
    claims: [
      ...speedup(
        'ours bf16 / torch pair-wise float32',
        'ours bf16',
        ['torch pairwise float32'],
        10,
      ),
      ...speedup('packed / pair-wise, float32', 'ours float32', ['ours pairwise float32'], 4),
      ...speedup('packed / pair-wise, bf16', 'ours bf16', ['ours pairwise bf16'], 4),
      ...speedup('float32 / torch shared', 'ours float32', ['torch shared float32'], 2),
      ...speedup('bf16 / torch shared', 'ours bf16', ['torch shared bf16'], 2),
    ],
  },
  options,
  torch,
  gpu,
);
