import { callBindingAsync } from './binding.js';
import { cancellable } from './cancellable.js';
import { wholeNumber } from './whole-number.js';

export interface KMeansOptions {
  /** Vectors, [count, dimensions]. */
  readonly data: Float32Array;
  readonly dimensions: number;
  /**
   * Where the centres begin: at given vectors [clusters, dimensions], or at vectors of `data` that k-means++ picks with
   * these uniform numbers from [0, 1), one for each cluster.
   */
  readonly start: { readonly centres: Float32Array } | { readonly draws: Float64Array };
  /** Default 300. */
  readonly maxIterations?: number | undefined;
  /** Iterations end when the centres together move by at most this part of the mean variance; default 1e-4. */
  readonly tolerance?: number | undefined;
  /** Threads; default one a core. No influence on the result. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface KMeansResult {
  /** [clusters, dimensions] */
  readonly centres: Float32Array;
  /** The cluster of each vector. */
  readonly labels: Uint32Array;
  /** Sum of the squared distances to the nearest centre. */
  readonly inertia: number;
  readonly iterations: number;
}

/**
 * Clusters vectors by Lloyd's iteration, off the event loop.
 *
 * Stops as scikit-learn's `KMeans(algorithm='lloyd', n_init=1)` on float32 does, and gives a cluster that lost all its
 * vectors the one farthest from its centre: the same start leads to the same centres. Equal input gives equal bits.
 *
 * @throws FlcError DATA_ERROR (lengths, NaN), INVALID_CONFIG (parameters; more clusters than vectors), CANCELLED
 */
export async function kMeans(options: KMeansOptions): Promise<KMeansResult> {
  const { data, start, signal } = options;
  const problem = {
    data,
    dimensions: wholeNumber('dimensions', options.dimensions),
    ...('centres' in start ? { centres: start.centres } : {}),
    draws: 'draws' in start ? start.draws : new Float64Array(),
    maxIterations: wholeNumber('maxIterations', options.maxIterations ?? 300),
    tolerance: options.tolerance ?? 1e-4,
    threads: wholeNumber('threads', options.threads ?? 0),
  };
  return cancellable(signal, (cancellation) =>
    callBindingAsync((binding) => binding.startKMeans(problem, cancellation)),
  );
}

/**
 * The index of the centre that is nearest to each vector, the first of equals; off the event loop.
 *
 * @param data vectors, [count, dimensions]; there may be none
 * @param centres [centres, dimensions]
 * @throws FlcError DATA_ERROR (lengths, NaN)
 */
export async function nearestCentres(
  data: Float32Array,
  centres: Float32Array,
  dimensions: number,
  threads = 0,
): Promise<Uint32Array> {
  if (data.length === 0) return new Uint32Array();
  const length = wholeNumber('dimensions', dimensions);
  const most = wholeNumber('threads', threads);
  return callBindingAsync((binding) => binding.startNearestWords(data, centres, length, most));
}
