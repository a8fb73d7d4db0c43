import { innerProduct, type Kernel } from './kernel.js';
import type { CheckedSamples } from './samples.js';

/** Up to this many features libsvm's own kernel costs no more than handing it one. */
const FEW_FEATURES = 16;

/**
 * Squared distances between training samples, formed once for all machines of a search.
 *
 * |a|^2 + |b|^2 - 2 a . b, summed in libsvm's order: the kernel values are those that libsvm computes from the features.
 */
export class SquaredDistances {
  readonly #values: Float64Array;
  readonly #count: number;

  /** For the RBF kernel of many features; otherwise they would save nothing. */
  static where({ rows }: CheckedSamples, kernel: Kernel['type']): SquaredDistances | undefined {
    const features = rows[0]?.length ?? 0;
    return kernel === 'rbf' && features > FEW_FEATURES ? new SquaredDistances(rows) : undefined;
  }

  constructor(rows: readonly Float64Array[]) {
    const count = rows.length;
    const squares = rows.map((row) => innerProduct(row, row));
    const values = new Float64Array(count * count);
    for (const [i, a] of rows.entries()) {
      for (let j = 0; j < i; j++) {
        const inner = innerProduct(a, rows[j] as Float64Array);
        const distance = (squares[i] as number) + (squares[j] as number) - 2 * inner;
        values[i * count + j] = distance;
        values[j * count + i] = distance;
      }
    }
    this.#values = values;
    this.#count = count;
  }

  /** RBF kernel values between the chosen samples, a row for each. */
  kernelRows(gamma: number, members: readonly number[]): Float64Array[] {
    const value = (a: number, b: number) => this.#values[a * this.#count + b] as number;
    return members.map((a) => Float64Array.from(members, (b) => Math.exp(-gamma * value(a, b))));
  }
}
