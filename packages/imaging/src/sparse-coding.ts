import { callBindingAsync } from './binding.js';
import { cancellable } from './cancellable.js';
import { wholeNumber } from './whole-number.js';

export interface SparseCodingOptions {
  /** [count, dimensions] */
  readonly signals: Float32Array;
  /** Atoms of length 1, [atoms, dimensions]. */
  readonly dictionary: Float32Array;
  readonly dimensions: number;
  /** Most atoms of one signal. */
  readonly sparsity: number;
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface SparseCodes {
  /** Atoms of each signal in the order of choice, [count, sparsity]; -1 where it needs fewer. */
  readonly atoms: Int32Array;
  /** [count, sparsity]; 0 where there is no atom. */
  readonly coefficients: Float32Array;
}

/**
 * Codes signals by orthogonal matching pursuit, off the event loop: the codes of scikit-learn's `orthogonal_mp`, by the
 * Batch-OMP of Rubinstein, Zibulevsky and Elad (2008).
 *
 * @throws FlcError DATA_ERROR (lengths, NaN, atoms not of length 1), INVALID_CONFIG (sparsity), CANCELLED
 */
export async function orthogonalMatchingPursuit(
  options: SparseCodingOptions,
): Promise<SparseCodes> {
  const { signals, dictionary, signal } = options;
  if (signals.length === 0) return { atoms: new Int32Array(), coefficients: new Float32Array() };
  const dimensions = wholeNumber('dimensions', options.dimensions);
  const sparsity = wholeNumber('sparsity', options.sparsity);
  const threads = wholeNumber('threads', options.threads ?? 0);
  return cancellable(signal, (cancellation) =>
    callBindingAsync((binding) =>
      binding.startMatchingPursuit(
        signals,
        dictionary,
        dimensions,
        sparsity,
        threads,
        cancellation,
      ),
    ),
  );
}

export interface KSvdOptions {
  /** [count, dimensions] */
  readonly signals: Float32Array;
  readonly dimensions: number;
  /** Most atoms of one signal. */
  readonly sparsity: number;
  readonly iterations: number;
  /** Uniform numbers from [0, 1), one for each atom: which signals the atoms begin as. */
  readonly draws: Float64Array;
  /** Threads; default one a core. No influence on the result. */
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface KSvdResult {
  /** Atoms of length 1, [atoms, dimensions]. */
  readonly dictionary: Float32Array;
  /** Root of the mean squared error of a value after each iteration. */
  readonly errors: Float64Array;
}

/**
 * Learns a dictionary for sparse codes by K-SVD (Aharon, Elad and Bruckstein 2006) with the approximate update of
 * Rubinstein, Zibulevsky and Elad (2008), off the event loop. Equal input gives equal bits.
 *
 * @throws FlcError DATA_ERROR (lengths, NaN), INVALID_CONFIG (parameters; more atoms than signals), CANCELLED
 */
export async function kSvd(options: KSvdOptions): Promise<KSvdResult> {
  const { signals, draws, signal } = options;
  const problem = {
    signals,
    dimensions: wholeNumber('dimensions', options.dimensions),
    sparsity: wholeNumber('sparsity', options.sparsity),
    iterations: wholeNumber('iterations', options.iterations),
    draws,
    threads: wholeNumber('threads', options.threads ?? 0),
  };
  const { atoms, errors } = await cancellable(signal, (cancellation) =>
    callBindingAsync((binding) => binding.startKSvd(problem, cancellation)),
  );
  return { dictionary: atoms, errors };
}
