import { FlcError } from '@flc-native/errors';
import { couplePairs } from './coupling.js';
import { kernelRow } from './kernel.js';
import type { SvmModel } from './model.js';
import { formatModel, parseModel, type SvmModelJson } from './model-json.js';
import { vote } from './one-against-one.js';
import { checkOptions, type SvmOptions } from './options.js';
import { cooperative } from './pause.js';
import { checkTrainingSamples, type Features, toRows } from './samples.js';
import { probabilityOf } from './sigmoid.js';
import { trainModel } from './train.js';

/** libsvm keeps pairwise probabilities away from 0 and 1 by this much. */
const SMALLEST_PROBABILITY = 1e-7;

export interface SvmFitOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * C-support vector classification, one machine for each pair of classes, trained by libsvm.
 *
 * Decision values are computed here from the support vectors at full precision, so a machine that was saved and
 * loaded gives the same bits. Training is deterministic, with probabilities too.
 *
 * @example
 * const machine = await new SupportVectorClassifier({ kernel: 'rbf', C: 8, gamma: 0.5 }).fit(X, y);
 * machine.predict(X);
 */
export class SupportVectorClassifier {
  readonly #options: SvmOptions;
  #model: SvmModel | undefined;
  #closed = false;

  /** @throws FlcError INVALID_CONFIG */
  constructor(options: SvmOptions) {
    checkOptions(options);
    this.#options = { ...options };
  }

  /**
   * A machine from what {@link save} returned, also after a way through JSON text.
   *
   * @throws FlcError CHECKPOINT_CORRUPT
   */
  static load(json: unknown): SupportVectorClassifier {
    const model = parseModel(json);
    const { kernel, C } = model;
    const loaded = new SupportVectorClassifier({
      kernel: kernel.type,
      C,
      gamma: kernel.type === 'rbf' ? kernel.gamma : undefined,
      probability: model.machines.every(({ sigmoid }) => sigmoid !== null),
    });
    loaded.#model = model;
    return loaded;
  }

  /**
   * Learns from samples; what was learned before is replaced.
   *
   * In the calling thread: the event loop runs, and the signal is looked at, between the trainings of pairs and, for the
   * probabilities, of their folds. One such training is in one piece: 0.1 s or so for a thousand samples.
   *
   * @param X feature vectors of one length
   * @param y class label of each, whole numbers
   * @param groups samples of one group, a patient say, are not divided by the folds behind the probabilities
   * @throws FlcError DATA_ERROR (empty, NaN, one class only, lengths that differ), INVALID_CONFIG (weights of unknown classes),
   *   CANCELLED (nothing is replaced)
   */
  async fit(
    X: readonly Features[],
    y: readonly number[],
    groups?: readonly string[],
    { signal }: SvmFitOptions = {},
  ): Promise<this> {
    this.#checkOpen();
    const samples = checkTrainingSamples({ X, y, groups });
    this.#model = await trainModel(samples, this.#options, cooperative(signal));
    return this;
  }

  /** Labels in ascending order; the columns of {@link predictProbability}. */
  get classes(): number[] {
    return [...this.#trained().classes];
  }

  /** The label of each sample: most votes of the pairs, the smaller label of equals. */
  predict(X: readonly Features[]): number[] {
    const { classes } = this.#trained();
    return this.decisionFunction(X).map(
      (decisions) => classes[vote(decisions, classes.length)] as number,
    );
  }

  /**
   * Decision values of each sample, [samples][K(K-1)/2]: pairs (0,1), (0,2), ... (1,2), ... of `classes`; above 0
   * speaks for the first class of the pair.
   *
   * The same values as scikit-learn's `SVC(decision_function_shape='ovo')`; with two classes its sign is the opposite.
   *
   * @throws FlcError DATA_ERROR (NaN, not as many features as in training), INVALID_CONFIG (not fitted, closed)
   */
  decisionFunction(X: readonly Features[]): number[][] {
    const { kernel, features, supportVectors, machines } = this.#trained();
    return toRows(X, features).map((row) => {
      const values = kernelRow(kernel, row, supportVectors);
      return machines.map(({ supports, coefficients, rho }) => {
        let sum = 0;
        for (let i = 0; i < supports.length; i++) {
          sum += (coefficients[i] as number) * (values[supports[i] as number] as number);
        }
        return sum - rho;
      });
    });
  }

  /**
   * Probability of each class, [samples][K], in the order of `classes`; each row sums to 1.
   *
   * Platt's sigmoids of the pairs, coupled as Wu, Lin and Weng do. The largest one need not be what `predict` says.
   *
   * @throws FlcError INVALID_CONFIG (made without `probability: true`), and as {@link decisionFunction}
   */
  predictProbability(X: readonly Features[]): number[][] {
    const { classes, machines } = this.#trained();
    const k = classes.length;
    return this.decisionFunction(X).map((decisions) => {
      const pairwise = new Float64Array(k * k);
      for (const [index, { positive, negative, sigmoid }] of machines.entries()) {
        if (sigmoid === null) {
          throw new FlcError('INVALID_CONFIG', 'the machine was fitted without probabilities', {
            remedy: 'construct it with probability: true',
          });
        }
        const raw = probabilityOf(sigmoid, decisions[index] as number);
        const p = Math.min(Math.max(raw, SMALLEST_PROBABILITY), 1 - SMALLEST_PROBABILITY);
        pairwise[positive * k + negative] = p;
        pairwise[negative * k + positive] = 1 - p;
      }
      return Array.from(couplePairs(pairwise, k));
    });
  }

  /** The machine as plain JSON, every number at full precision. */
  save(): SvmModelJson {
    return formatModel(this.#trained());
  }

  /** Lets go of the model; further use is an error. */
  close(): void {
    this.#model = undefined;
    this.#closed = true;
  }

  /** As {@link close}: `using machine = SupportVectorClassifier.load(json)`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #checkOpen(): void {
    if (this.#closed) throw new FlcError('INVALID_CONFIG', 'the classifier has been closed');
  }

  #trained(): SvmModel {
    this.#checkOpen();
    if (this.#model === undefined) {
      throw new FlcError('INVALID_CONFIG', 'the classifier has not been fitted', {
        remedy: 'call fit() or load() first',
      });
    }
    return this.#model;
  }
}
