import { join } from 'node:path';
import type { TrainConfigOverrides, TrainingSample } from '@flc-native/core-native';
import { writeSafetensors } from '@flc-native/pipeline';

/** Mean HU of a class in NC, ART and PV. */
const enhancement = [
  [10, 11, 12],
  [47, 115, 112],
  [44, 95, 86],
  [40, 70, 95],
] as const;

const side = 12;
const margin = 2;
const total = side + 2 * margin;

/** A network that trains in milliseconds. */
export const tinyConfig = {
  network: { depth: 1, widths: [4, 6, 8], hiddenSize: 5, patchInput: 16, roiInput: 24 },
  batchSize: 12,
  roisPerBatch: 3,
  intraReduction: 'mean',
  device: 'cpu',
  threads: 1,
  evaluateEvery: 5,
  seed: 7,
} as const satisfies TrainConfigOverrides;

export interface TinyCohort {
  readonly samples: TrainingSample[];
  readonly trainPatches: Int32Array;
  readonly validationPatches: Int32Array;
  /** The first lesion, in memory. */
  readonly inMemory: {
    image: Int16Array;
    mask: Uint8Array;
    shape: [number, number, number];
    margin: number;
    window: Float32Array;
  };
}

/** Writes `lesions` square lesions, class by class, as one prepared file; every third one is for validation. */
export async function writeTinyCohort(folder: string, lesions = 12): Promise<TinyCohort> {
  const file = join(folder, 'case.safetensors');
  const tensors = new Map();
  const samples: TrainingSample[] = [];
  const train: number[] = [];
  const validation: number[] = [];
  const images: Int16Array[] = [];
  const mask = new Uint8Array(total * total).fill(1);
  const window = Float32Array.from([-70, 180, -70, 180, -70, 180]);
  for (let lesion = 0; lesion < lesions; lesion++) {
    const key = `lesion-${lesion}`;
    const image = drawLesion(lesion);
    images.push(image);
    tensors.set(`${key}.image`, { dtype: 'I16', shape: [3, total, total], data: image });
    tensors.set(`${key}.mask`, { dtype: 'U8', shape: [total, total], data: mask });
    tensors.set(`${key}.box`, { dtype: 'I32', shape: [4], data: Int32Array.of(0, 0, side, side) });
    tensors.set(`${key}.window`, { dtype: 'F32', shape: [3, 2], data: window });
    samples.push({ file, key, class: lesion % 4, group: key });
    const patches = lesion >= 4 && lesion % 3 === 0 ? validation : train;
    for (let place = 0; place < 36; place++) patches.push(lesion, Math.floor(place / 6), place % 6);
  }
  await writeSafetensors(file, tensors, {});
  return {
    samples,
    trainPatches: Int32Array.from(train),
    validationPatches: Int32Array.from(validation),
    inMemory: { image: images[0] as Int16Array, mask, shape: [3, total, total], margin, window },
  };
}

/** Its class's brightness in each phase with a ripple that differs between lesions. */
function drawLesion(lesion: number): Int16Array {
  const image = new Int16Array(3 * total * total);
  const means = enhancement[lesion % 4] ?? enhancement[0];
  image.forEach((_, pixel) => {
    const phase = Math.floor(pixel / (total * total));
    image[pixel] = (means[phase] ?? 0) + 9 * Math.sin(pixel * 1.7 + lesion);
  });
  return image;
}
