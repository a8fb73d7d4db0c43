import type { PatchNetwork } from '../src/patch-network.js';

export interface FakeNetwork extends PatchNetwork {
  readonly requests: Parameters<PatchNetwork['predictPatches']>[0][];
  readonly isClosed: boolean;
}

/** A network of which the test says the class of a patch by its row and column; its softmax gives that class 0.7. */
export function fakeNetwork(
  numClasses: number,
  classAt: (row: number, column: number, image: Int16Array) => number,
): FakeNetwork {
  const requests: FakeNetwork['requests'] = [];
  let isClosed = false;
  return {
    requests,
    patchesAtOnce: 16,
    get isClosed() {
      return isClosed;
    },
    async predictPatches(request) {
      requests.push(request);
      const n = request.patches.length / 3;
      const classes = new Uint8Array(n);
      const probabilities = new Float32Array(n * numClasses).fill(0.3 / (numClasses - 1));
      for (let i = 0; i < n; i++) {
        const [sample = 0, row = 0, column = 0] = request.patches.subarray(3 * i, 3 * i + 3);
        const image = request.samples[sample]?.image ?? new Int16Array();
        const label = classAt(row, column, image);
        classes[i] = label;
        probabilities[i * numClasses + label] = 0.7;
      }
      return { classes, probabilities };
    },
    close() {
      isClosed = true;
    },
  };
}
