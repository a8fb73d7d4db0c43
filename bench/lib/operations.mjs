/**
 * Floating-point operations and bytes of a step, counted layer by layer from the configuration of a residual network. A
 * multiply-add is two operations. Of element-wise work only the bytes count, as of a program that fuses what can be fused:
 *
 * - forward, a convolution with its batch normalization: reads its input X, writes Y; Y is read again once its statistics are
 *   known, and the next layer's input is written: X + 3 Y;
 * - backward: the gradient and Y are read for the sums and again for the gradient of Y, which is written and read by two
 *   convolutions; one of these reads X, the other writes its gradient: 2 X + 7 Y;
 * - folded inference: X + Y.
 *
 * Weights, LSTM and heads are small and their bytes left out.
 */

/**
 * @typedef {{ phases: number, classes: number, depth: number, widths: number[], hiddenSize: number, patchInput: number, roiInput: number }} Network
 * @typedef {{ multiplyAdds: number, input: number, output: number, isFirst: boolean }} Layer input and output in numbers
 */

const defaults = { phases: 3, classes: 4, depth: 3, widths: [16, 32, 64], hiddenSize: 64 };
const sizes = { patchInput: 64, roiInput: 128 };

/**
 * One training step of `patches` on `rois` ROIs.
 *
 * @param {Partial<Network>} config
 * @param {{ patches: number, rois: number }} batch
 * @param {number} elementBytes of the pathways' numbers: 4 or 2
 */
export function trainingStep(config, { patches, rois }, elementBytes = 4) {
  const network = { ...defaults, ...sizes, ...config };
  const convolutions = bothPathways(network, { patches, rois });
  const head = fusion(network, patches);
  let operations = head.forward + head.backward;
  let elements = 0;
  for (const { multiplyAdds, input, output, isFirst } of convolutions) {
    // Nobody asks for the gradient of an image.
    operations += 2 * multiplyAdds * (isFirst ? 2 : 3);
    elements += 3 * input + 10 * output;
  }
  return { operations, bytes: elements * elementBytes };
}

/**
 * The label map of a lesion: its ROI once, each patch once, in evaluation mode.
 *
 * @param {Partial<Network>} config
 * @param {{ patches: number }} lesion
 * @param {number} elementBytes
 */
export function labelMap(config, { patches }, elementBytes = 4) {
  const network = { ...defaults, ...sizes, ...config };
  const convolutions = bothPathways(network, { patches, rois: 1 });
  const sum = (/** @type {(layer: Layer) => number} */ of) =>
    convolutions.reduce((total, layer) => total + of(layer), 0);
  return {
    operations: sum(({ multiplyAdds }) => 2 * multiplyAdds) + fusion(network, patches).decision,
    bytes: sum(({ input, output }) => input + output) * elementBytes,
  };
}

/**
 * @param {Network} network
 * @param {{ patches: number, rois: number }} batch
 */
function bothPathways(network, { patches, rois }) {
  const one = [
    ...pathway(network, patches, network.patchInput),
    ...pathway(network, rois, network.roiInput),
  ];
  return Array.from({ length: network.phases }, () => one).flat();
}

/**
 * The 6n + 1 convolutions of a pathway; shortcuts are without parameters and cost nothing.
 *
 * @param {Network} network
 * @param {number} images
 * @param {number} side
 */
function pathway({ depth, widths }, images, side) {
  /** @type {Layer[]} */
  const layers = [];
  let [channels, size] = [1, side];
  const add = (/** @type {number} */ width, /** @type {number} */ stride) => {
    const input = images * channels * size ** 2;
    size = Math.ceil(size / stride);
    const output = images * width * size ** 2;
    const multiplyAdds = output * channels * 9;
    layers.push({ multiplyAdds, input, output, isFirst: layers.length === 0 });
    channels = width;
  };
  add(widths[0] ?? 0, 1);
  for (const [stage, width] of widths.entries()) {
    for (let block = 0; block < depth; block++) {
      add(width, stage > 0 && block === 0 ? 2 : 1);
      add(width, 1);
    }
  }
  return layers;
}

/**
 * The bidirectional LSTM and the heads: operations forward, backward, and of `fc`'s decision alone.
 *
 * @param {Network} network
 * @param {number} patches
 */
function fusion({ phases, classes, widths, hiddenSize }, patches) {
  const width = widths.at(-1) ?? 0;
  const gates = 2 * 4 * hiddenSize;
  const inputs = 2 * patches * phases * gates * 2 * width;
  const states = 2 * patches * gates * hiddenSize;
  const decision = 2 * patches * 2 * hiddenSize * classes;
  const heads = decision + 2 * (2 * patches * phases * width * classes);
  return {
    forward: inputs + phases * states + heads,
    // The first state is zero and gets no gradient.
    backward: 2 * inputs + (2 * phases - 1) * states + 2 * heads,
    decision: inputs + phases * states + decision,
  };
}
