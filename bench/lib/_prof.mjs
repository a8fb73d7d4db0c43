import { paperNetwork, writeCase } from './case.mjs';
import { readSafetensors } from '@flc-native/pipeline';
import { benchTrainingStep } from '@flc-native/core-native/bench';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
const directory = writeCase({ network: paperNetwork, patches: 100, rois: 10, roiSize: [40, 44], seed: 1 });
console.error(directory);
const { network } = JSON.parse(readFileSync(join(directory, 'network.json'), 'utf8'));
const { tensors } = await readSafetensors(join(directory, 'inputs.safetensors'));
const roi = tensors.get('input.roi'); const [, , rows, columns] = roi.shape;
const { seconds, losses } = await benchTrainingStep({ config: { network, precision: process.argv[2] ?? 'bf16', threads: 2 }, weights: directory,
 patches: tensors.get('input.patch').data, rois: roi.data, roiSize: [rows, columns], roiOfPatch: Int32Array.from(tensors.get('input.roi_of_patch').data, Number), targets: Int32Array.from(tensors.get('input.target').data, Number), steps: Number(process.argv[3] ?? 4) });
console.error([...seconds].map(s => s.toFixed(3)).join(' '), [...losses].map(l=>l.toFixed(6)).join(' '));
