/**
 * Claim: the label map of a lesion comes at least twice as fast as from eager PyTorch with the global features
 * shared in float32 and 5 times in bf16, with logits within 4e-4 in float32, and memory does not grow with the
 * lesion. `node bench/label-map.mjs [--quick] [--json FILE]`
 */
import { paperNetwork, quickNetwork, writeCase } from './lib/case.mjs';
import { comparison } from './lib/compare.mjs';
import { measure } from './lib/measure.mjs';
import { readOptions, selectEntries } from './lib/options.mjs';
import { publish } from './lib/print.mjs';

const contenders = [
  { name: 'ours float32', side: 'ours', variant: 'float32' },
  { name: 'ours bf16', side: 'ours', variant: 'bf16' },
  { name: 'torch pairwise', side: 'peer', variant: 'pairwise', rare: true },
  { name: 'torch shared', side: 'peer', variant: 'shared' },
  { name: 'torch folded', side: 'peer', variant: 'folded', full: true },
  { name: 'torch bf16', side: 'peer', variant: 'bf16' },
  { name: 'torch compile', side: 'peer', variant: 'compile', compile: true },
  { name: 'torch compile bf16', side: 'peer', variant: 'compile_bf16', compile: true },
];

const options = readOptions();
const sizes = options.quick
  ? { network: quickNetwork, patches: 40, rois: 1, roiSize: [14, 12] }
  : { network: paperNetwork, patches: 980, rois: 1, roiSize: [38, 41] };

/** @param {number} patches @param {typeof contenders} entries @param {number} repeats */
async function measureLesion(patches, entries, repeats) {
  const directory = writeCase({ ...sizes, patches, seed: 2, warm: true, quick: options.quick });
  return await measure(entries, {
    task: 'label-map',
    directory,
    threads: options.threads,
    batchSize: options.quick ? 16 : 128,
    repeats,
    runs: 1,
    discard: 0,
    outputs: true,
  });
}

const { results, missing, torch } = await measureLesion(
  sizes.patches,
  selectEntries(contenders, options),
  options.repeats,
);
const { speedup, logits } = comparison(results);
publish(
  {
    title: `Label map of a lesion of ${sizes.patches} patches, CPU`,
    unit: { name: 'patches', count: sizes.patches },
    results,
    missing,
    checks: [
      ...logits('ours float32', 'torch shared', 4e-4),
      ...logits('ours bf16', 'torch shared', 5e-2),
      ...logits('torch folded', 'torch shared', 4e-4),
      ...logits('torch shared', 'torch pairwise', 4e-4),
    ],
    claims: [
      ...speedup('ours float32 / eager float32', 'ours float32', ['torch shared'], 2),
      ...speedup('ours bf16 / eager float32', 'ours bf16', ['torch shared'], 5),
      ...speedup('torch folded / eager float32', 'torch folded', ['torch shared'], 1.7),
      ...speedup('torch bf16 / eager float32', 'torch bf16', ['torch shared'], 4.5),
      ...speedup('ours float32 / pair-wise eager float32', 'ours float32', ['torch pairwise'], 1),
      ...(await memoryGrowth()),
    ],
  },
  options,
  torch,
);

/** Peak memory for a lesion four times as large over that of this one. */
async function memoryGrowth() {
  const ours = results.find((result) => result.name === 'ours float32');
  if (!ours) return [];
  const entry = contenders.filter(({ name }) => name === ours.name);
  const large = (await measureLesion(4 * sizes.patches, entry, 1)).results[0];
  const value = large.memoryBytes / ours.memoryBytes;
  return [{ name: 'peak memory, 4 times the patches', value, target: 1.1, atMost: true }];
}
