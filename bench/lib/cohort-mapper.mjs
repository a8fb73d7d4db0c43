import { join } from 'node:path';
import { Network } from '@flc-native/core-native';
import { readSafetensors } from '@flc-native/pipeline';

const side = 7;
/** HU of -1 and of +1, for each of three phases. */
const window = Float32Array.of(-70, 180, -70, 180, -70, 180);
/** Patches of a call where every patch is a sample of its own. */
const pairsOfCall = 256;

/** Label maps of a cohort by the addon, from the lesions' images in memory to probabilities in memory. */
export class CohortMapper {
  /** @param {Network} network @param {{ image: Int16Array, shape: number[] }[]} lesions @param {boolean} pairs */
  constructor(network, lesions, pairs) {
    this.network = network;
    this.pairs = pairs;
    this.lesions = lesions.map(({ image, shape }) => ({
      ...{ image, shape, window, margin: 0 },
      mask: new Uint8Array(shape[1] * shape[2]).fill(1),
    }));
  }

  /**
   * @param {string} directory
   * @param {{ device: string, threads: number, precision: string }} options
   * @param {number} stride pair-wise: of so many lesions one is mapped, with a ROI beside every patch; 0: all, packed
   */
  static async open(directory, options, stride) {
    const { tensors } = await readSafetensors(join(directory, 'cohort.safetensors'));
    const lesions = [];
    for (let i = 0; i < tensors.size; i += stride || 1) {
      const { data, shape } = tensors.get(`lesion-${i}.image`);
      lesions.push({ image: data, shape });
    }
    return new CohortMapper(await Network.load(directory, options), lesions, stride > 0);
  }

  /** Seconds of each repeat, per thousand patches, and the probabilities of the first lesion. */
  async run(count) {
    const seconds = [];
    let first = new Float32Array();
    for (let i = 0; i < count; i++) {
      const begin = performance.now();
      const maps = this.pairs ? await this.pairwise() : [await this.packed()];
      const patches = maps.reduce((sum, { classes }) => sum + classes.length, 0);
      seconds.push((performance.now() - begin) / patches);
      const values =
        gridOf(this.lesions[0].shape).length *
        (maps[0].probabilities.length / maps[0].classes.length);
      first = joined(
        maps.map(({ probabilities }) => probabilities),
        values,
      );
    }
    return { seconds, first };
  }

  /** All patches of all lesions in one call. */
  packed() {
    const triples = this.lesions.flatMap(({ shape }, sample) =>
      gridOf(shape).flatMap(([row, column]) => [sample, row, column]),
    );
    return this.network.predictPatches({
      samples: this.lesions,
      patches: Int32Array.from(triples),
    });
  }

  async pairwise() {
    const maps = [];
    for (const lesion of this.lesions) {
      const grid = gridOf(lesion.shape);
      for (let start = 0; start < grid.length; start += pairsOfCall) {
        const corners = grid.slice(start, start + pairsOfCall);
        const patches = Int32Array.from(corners.flatMap((corner, i) => [i, ...corner]));
        maps.push(
          await this.network.predictPatches({ samples: corners.map(() => lesion), patches }),
        );
      }
    }
    return maps;
  }
}

/** Corners of all patches of a lesion, row by row. */
function gridOf([, rows, columns]) {
  const corners = [];
  for (let row = 0; row + side <= rows; row++) {
    for (let column = 0; column + side <= columns; column++) corners.push([row, column]);
  }
  return corners;
}

/** The first `count` values of several arrays in a row. */
function joined(arrays, count) {
  const values = new Float32Array(count);
  let filled = 0;
  for (const array of arrays) {
    if (filled === count) break;
    const part = array.subarray(0, count - filled);
    values.set(part, filled);
    filled += part.length;
  }
  return values;
}
