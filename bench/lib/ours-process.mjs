/**
 * The native side as a contender: the protocol of bench/peer/peer.py, answered by the addon. Variants: `pairwise` (a ROI
 * beside every patch), or a precision. `config`: other keys of the configuration.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runtimeReport } from '@flc-native/core-native';
import { benchLabelMap, benchTrainingStep } from '@flc-native/core-native/bench';
import { readSafetensors } from '@flc-native/pipeline';
import { CohortMapper } from './cohort-mapper.mjs';

/** @type {{ task: string, common: object, logits: Float32Array | undefined, mapper?: CohortMapper }} */
const state = { task: '', common: {}, logits: undefined };

const handlers = {
  async setup({ task, variant, directory, threads, device = 'cpu', config, stride }) {
    // Loads libtorch, so that `base` is what the process holds with it and no network yet.
    const runtime = await runtimeReport();
    const base = memory().resident;
    state.task = task;
    const [way, precision = 'float32'] = variant.startsWith('pairwise')
      ? variant.split('_')
      : ['shared', variant];
    const pairwise = way === 'pairwise';
    if (task === 'cohort') {
      const options = { device, threads, precision };
      state.mapper = await CohortMapper.open(directory, options, pairwise ? stride : 0);
      return { base, runtime };
    }
    const { network } = JSON.parse(readFileSync(join(directory, 'network.json'), 'utf8'));
    const { tensors } = await readSafetensors(join(directory, 'inputs.safetensors'));
    const roi = tensors.get('input.roi');
    const [, , rows, columns] = roi.shape;
    let rois = roi.data;
    let roiOfPatch = Int32Array.from(tensors.get('input.roi_of_patch').data, Number);
    if (pairwise) {
      rois = repeatRois(rois, roiOfPatch, roi.data.length / roi.shape[0]);
      roiOfPatch = roiOfPatch.map((_, index) => index);
    }
    state.common = {
      config: { network, precision, threads, device, ...config },
      weights: directory,
      patches: tensors.get('input.patch').data,
      rois,
      roiSize: [rows, columns],
      roiOfPatch,
      targets: Int32Array.from(tensors.get('input.target').data, Number),
    };
    return { base, runtime };
  },
  async run({ count }) {
    if (state.mapper) {
      const { seconds, first } = await state.mapper.run(count);
      state.logits = first;
      return { seconds };
    }
    if (state.task === 'train-step') {
      const { seconds, losses } = await benchTrainingStep({ ...state.common, steps: count });
      return { seconds: [...seconds], losses: [...losses] };
    }
    const { seconds, logits } = await benchLabelMap({ ...state.common, repeats: count });
    state.logits = logits;
    return { seconds: [...seconds] };
  },
  outputs: async () => ({ logits: [...state.logits] }),
  memory: async () => memory(),
};

/** A copy of its ROI for every patch. `size` is the number of values of one ROI. */
function repeatRois(rois, roiOfPatch, size) {
  const pairs = new Float32Array(roiOfPatch.length * size);
  roiOfPatch.forEach((roi, patch) => {
    pairs.set(rois.subarray(roi * size, (roi + 1) * size), patch * size);
  });
  return pairs;
}

/** Resident bytes of this process: now and at its highest. */
function memory() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const bytes = (name) => Number(status.match(new RegExp(`${name}:\\s+(\\d+)`))[1]) * 1024;
  return { resident: bytes('VmRSS'), peak: bytes('VmHWM') };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { op, ...request } = JSON.parse(line);
  let answer;
  try {
    answer = await handlers[op](request);
  } catch (error) {
    answer = { error: error.code ? `${error.code}: ${error.message}` : String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
