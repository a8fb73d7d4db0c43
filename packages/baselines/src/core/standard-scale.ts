import { parseNumbers } from './numbers.js';

/** Brings each feature to mean 0 and standard deviation 1 over what it was learned from. */
export class StandardScale {
  readonly #mean: readonly number[];
  readonly #deviation: readonly number[];

  constructor(mean: readonly number[], deviation: readonly number[]) {
    this.#mean = mean;
    this.#deviation = deviation;
  }

  static learn(rows: readonly Float64Array[]): StandardScale {
    const features = rows[0]?.length ?? 0;
    const average = (value: (row: Float64Array) => number) =>
      rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
    const mean = Array.from({ length: features }, (_, f) => average((row) => row[f] as number));
    const deviation = mean.map((centre, f) =>
      Math.sqrt(average((row) => ((row[f] as number) - centre) ** 2)),
    );
    return new StandardScale(mean, deviation);
  }

  /** A feature that never varied becomes 0. */
  apply(row: Float64Array): Float64Array {
    return row.map((value, f) => {
      const deviation = this.#deviation[f] as number;
      return deviation > 0 ? (value - (this.#mean[f] as number)) / deviation : 0;
    });
  }

  toJSON(): object {
    return { mean: this.#mean, deviation: this.#deviation };
  }

  /** @throws FlcError CHECKPOINT_CORRUPT */
  static load(json: unknown): StandardScale {
    const { mean, deviation } = (json ?? {}) as { mean?: unknown; deviation?: unknown };
    return new StandardScale(parseNumbers(mean, 'means'), parseNumbers(deviation, 'deviations'));
  }
}
