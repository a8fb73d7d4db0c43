import { join } from 'node:path';
import { randomStream, writeSafetensors } from '@flc-native/pipeline';
import { scratchFolder } from './scratch.mjs';

const phases = 3;

/**
 * Writes square lesions of noise as one prepared file in a temporary folder that goes with this process, and returns what
 * a training job needs of them. The last four are for validation.
 *
 * @param {{ lesions: number, side: number, seed: number }} description sides in pixels
 */
export async function writeTrainingCohort({ lesions, side, seed }) {
  const directory = scratchFolder();
  const file = join(directory, 'case.safetensors');
  const mask = new Uint8Array(side * side).fill(1);
  const window = Float32Array.from([-70, 180, -70, 180, -70, 180]);
  const tensors = new Map();
  const samples = [];
  const trainPatches = [];
  const validationPatches = [];
  for (let lesion = 0; lesion < lesions; lesion++) {
    const key = `lesion-${lesion}`;
    const random = randomStream(seed, key);
    const image = Int16Array.from({ length: phases * side * side }, () => random.normal(55, 40));
    tensors.set(`${key}.image`, { dtype: 'I16', shape: [phases, side, side], data: image });
    tensors.set(`${key}.mask`, { dtype: 'U8', shape: [side, side], data: mask });
    tensors.set(`${key}.box`, { dtype: 'I32', shape: [4], data: Int32Array.of(0, 0, side, side) });
    tensors.set(`${key}.window`, { dtype: 'F32', shape: [phases, 2], data: window });
    samples.push({ file, key, class: lesion % 4, group: key });
    const list = lesion < lesions - 4 ? trainPatches : validationPatches;
    for (let place = 0; place + 7 <= side; place++) list.push(lesion, place, place);
  }
  await writeSafetensors(file, tensors, {});
  return { directory, samples, trainPatches, validationPatches };
}
