import { abortWith, FlcError } from '@flc-native/errors';
import type { BindingNetwork, BindingSample } from '../native/index.cjs';
import { addon, cudaObject } from './addon.js';
import type { NetworkConfig, Precision } from './config.js';
import { unwrap } from './native-error.js';

/** A prepared sample: in its file, or in memory. */
export type SampleInput =
  | { readonly file: string; readonly key: string }
  | {
      /** HU, [phases, rows, columns], the margin included. */
      readonly image: Int16Array;
      /** 0 or 1, [rows, columns]. */
      readonly mask: Uint8Array;
      /** [phases, rows, columns] */
      readonly shape: readonly [number, number, number];
      /** Pixels around the ROI. */
      readonly margin: number;
      /** [phases, 2]: HU of -1 and of +1. */
      readonly window: Float32Array;
    };

export interface LoadOptions {
  readonly device?: string;
  readonly threads?: number;
  readonly precision?: Precision;
  /** Patches that are computed at once: what bounds the memory. Default: 128 on a CPU, 2048 on a GPU. */
  readonly patchesAtOnce?: number;
}

/** Softmax of `fc` for each patch, in the order asked for. */
export interface Predictions {
  /** Class of the largest probability. */
  readonly classes: Uint8Array;
  /** [patches, classes] */
  readonly probabilities: Float32Array;
  /** Patches that were computed at once in the end, where memory did not hold as many as intended. */
  readonly reducedTo?: number;
  /** What is done otherwise than it should be since the last call, and why: a GPU that cannot be used, a CUDA graph that failed. */
  readonly notices?: readonly string[];
}

/** A trained network on a device. Close it: its memory is not JavaScript's. */
export class Network {
  readonly #native: BindingNetwork;
  readonly config: NetworkConfig;
  /** Patches that share a batch. */
  readonly patchesAtOnce: number;

  private constructor(native: BindingNetwork) {
    this.#native = native;
    this.config = native.config as NetworkConfig;
    this.patchesAtOnce = native.patchesAtOnce;
  }

  /**
   * Loads `weights.safetensors` and `network.json` of `modelDir`.
   * @throws FlcError INVALID_CONFIG, IO_ERROR, CHECKPOINT_CORRUPT, CUDA_UNAVAILABLE.
   */
  static async load(modelDir: string, options: LoadOptions = {}): Promise<Network> {
    const { device = 'auto', threads = 0, precision = 'float32', patchesAtOnce } = options;
    if (patchesAtOnce !== undefined && !(Number.isInteger(patchesAtOnce) && patchesAtOnce >= 1)) {
      throw new FlcError('INVALID_CONFIG', 'patchesAtOnce is not a number of patches', {
        details: { got: patchesAtOnce },
        remedy: 'Give a whole number of at least 1.',
      });
    }
    const outcome = await addon().loadNetwork({
      ...{ modelDir, device, threads, precision },
      ...(patchesAtOnce === undefined ? {} : { patchesAtOnce }),
      ...cudaObject(),
    });
    return new Network(unwrap(outcome) as BindingNetwork);
  }

  /**
   * Classifies patches given as (sample, row, column) triples, rows and columns relative to the sample's ROI. The global pathway
   * runs once per sample, and memory does not grow with the number of patches.
   * @throws FlcError DATA_ERROR for a patch outside its sample or a closed network, CANCELLED.
   */
  async predictPatches(request: {
    readonly samples: readonly SampleInput[];
    readonly patches: Int32Array;
    readonly signal?: AbortSignal | undefined;
  }): Promise<Predictions> {
    const cancellation = new (addon().BindingCancellation)();
    const release = abortWith(request.signal, () => cancellation.cancel());
    try {
      const samples = request.samples.map(toBinding);
      return unwrap<Predictions>(
        await this.#native.predict(samples, request.patches, cancellation),
      );
    } finally {
      release();
    }
  }

  /** Lets the memory go. Work that is under way is finished; later calls are refused. */
  close(): void {
    this.#native.close();
  }
}

function toBinding(sample: SampleInput): BindingSample {
  if ('file' in sample) return { file: sample.file, key: sample.key };
  const [phases, rows, columns] = sample.shape;
  if (sample.image.length !== phases * rows * columns || sample.mask.length !== rows * columns) {
    throw new FlcError('DATA_ERROR', 'image and mask do not have the size that shape says', {
      details: { shape: sample.shape, image: sample.image.length, mask: sample.mask.length },
    });
  }
  const { image, mask, margin, window } = sample;
  return { image, mask, shape: [phases, rows, columns], margin, window };
}
