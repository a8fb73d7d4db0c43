import {
  type Prepared,
  type PreparedIndex,
  type PreparedSample,
  randomStream,
  type SamplePixels,
} from '@flc-native/pipeline';
import type { FitContext, LabelledLesion } from '../src/index.js';

export const classes = ['cyst', 'fnh', 'hem'];
const phases = ['NC', 'ART', 'PV'];
const liver = [57, 75, 112];
const margin = 16;

/** HU by phase; a haemangioma is bright at its rim only. */
const attenuation: Record<string, readonly [number, number, number]> = {
  cyst: [10, 11, 12],
  fnh: [47, 120, 110],
  hem: [40, 70, 95],
};

/** Pixels of a round synthetic lesion. */
export function makeSlice(name: string, diameter: number, stream: string): SamplePixels {
  const random = randomStream(7, stream);
  const side = Math.max(7, diameter);
  const width = side + 2 * margin;
  const pixels = width * width;
  const mask = new Uint8Array(pixels);
  const image = new Int16Array(3 * pixels);
  const middle = (width - 1) / 2;
  for (let at = 0; at < pixels; at += 1) {
    const radius = Math.hypot(Math.floor(at / width) - middle, (at % width) - middle);
    const inside = radius <= diameter / 2;
    mask[at] = inside ? 1 : 0;
    for (const phase of [0, 1, 2]) {
      const rim = name === 'hem' && phase > 0 && radius > diameter / 3 ? 80 : 0;
      const level = inside
        ? (attenuation[name]?.[phase] as number) + rim
        : (liver[phase] as number);
      image[phase * pixels + at] = Math.round(level + random.normal(0, 8));
    }
  }
  return {
    image,
    mask,
    shape: [3, width, width],
    margin,
    box: [0, 0, side, side],
    window: Float32Array.of(-70, 180, -70, 180, -70, 180),
    liverMean: Float32Array.from(liver),
  };
}

/** A cohort in memory, with as many lesions of each class in each part as asked for. */
export function toyCohort(perClass = { train: 6, val: 3, test: 4 }) {
  const pixels = new Map<string, SamplePixels>();
  const samples: PreparedSample[] = [];
  const make = (part: string, count: number): LabelledLesion[] =>
    classes.flatMap((name) =>
      Array.from({ length: count }, (_, i) => {
        const id = `${part}/${name}/${i}`;
        // Every third lesion has two slices.
        const slices = Array.from({ length: i % 3 === 0 ? 2 : 1 }, (_slice, slice) => {
          const sample = sampleOf(`${id}/${slice}`, id, name, slice);
          pixels.set(sample.id, makeSlice(name, 11 + ((5 * i) % 7), sample.id));
          return sample;
        });
        samples.push(...slices);
        return { id, patientId: id, class: name, samples: slices };
      }),
    );
  const train = make('train', perClass.train);
  const val = make('val', perClass.val);
  const test = make('test', perClass.test);
  const prepared: Prepared = {
    dir: 'in memory',
    index: {
      phases,
      classes,
      reference: 'PV',
      margin,
      samples,
      synthetic: true,
    } as unknown as PreparedIndex,
    loadSample: async (sample) => {
      const found = pixels.get(sample.id);
      if (found === undefined) throw new Error('there is no such slice');
      return found;
    },
  };
  const context: FitContext = { prepared, train, val, seed: 3 };
  /** Adds a lesion of this slice. */
  const add = (id: string, name: string, slice: SamplePixels): LabelledLesion => {
    const sample = sampleOf(`${id}/0`, id, name, 0);
    pixels.set(sample.id, slice);
    return { id, patientId: id, class: name, samples: [sample] };
  };
  return { context, prepared, test, add };
}

function sampleOf(id: string, lesionId: string, name: string, slice: number): PreparedSample {
  return {
    id,
    lesionId,
    class: name,
    slice,
    patientId: lesionId,
    liverMeanSource: 'liver',
  } as unknown as PreparedSample;
}

/** What makes each method quick: few words, few machines. */
export const quick: Record<string, object> = {
  roy: { levels: 8 },
  yang: { words: 8, patchesPerClass: 200 },
  wang: { atoms: 20, sparsity: 3, iterations: 4, patchesPerClass: 150 },
  'xu-2018': { words: 6, patchesPerClass: 200 },
  diamant: { interiorWords: 5, boundaryWords: 10, patchesPerClass: 200 },
  'diamant-mi': { interiorWords: 5, boundaryWords: 10, selectedWords: 8, patchesPerClass: 200 },
  'xu-2016': { words: 10, patchesPerClass: 200 },
};

/** The quick settings with a coarse grid; the paper's needs seconds. */
export const quickSettings = (name: string) => ({ ...quick[name], exponents: [-8, 4] });
