import { createHash } from 'node:crypto';

/**
 * A deterministic generator of random numbers. Every random draw of the pipeline takes one; there is no global state.
 * Equal seed and stream name give equal numbers on every machine.
 */
export interface Random {
  /** Uniform in [0, 1), 53 random bits; with bounds uniform in [lower, upper). */
  uniform(lower?: number, upper?: number): number;
  /** Gaussian with the given mean (default 0) and standard deviation (default 1). */
  normal(mean?: number, standardDeviation?: number): number;
  /** Integer, uniform in 0 .. exclusiveUpper-1, without modulo bias. */
  int(exclusiveUpper: number): number;
  /** A new array with the items in random order (Fisher-Yates); the argument is not changed. */
  shuffle<T>(items: readonly T[]): T[];
}

/**
 * Generator for one named purpose of a run. Streams of different names are independent, so that a new draw in one place
 * never shifts the numbers of another, and work may be spread over any number of workers.
 *
 * xoshiro128** (Blackman and Vigna 2018) whose 128-bit state is the start of SHA-256 over seed and name.
 */
export function randomStream(seed: number | string, name: string): Random {
  return new Xoshiro128(stateOf(`${seed}\u0000${name}`));
}

function stateOf(text: string): Uint32Array {
  const digest = createHash('sha256').update(text, 'utf8').digest();
  const state = new Uint32Array(4);
  for (let i = 0; i < 4; i++) state[i] = digest.readUInt32LE(4 * i);
  // The all-zero state is the generator's only fixed point.
  if (state.every((word) => word === 0)) state[0] = 1;
  return state;
}

/** The generator itself, from a 128-bit state of four words that are not all zero. */
export class Xoshiro128 implements Random {
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;
  #spare: number | undefined;

  constructor(state: Uint32Array) {
    [this.#s0, this.#s1, this.#s2, this.#s3] = state as unknown as [number, number, number, number];
  }

  #next(): number {
    const product = Math.imul(this.#s1, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= shifted;
    this.#s3 = (this.#s3 << 11) | (this.#s3 >>> 21);
    return result;
  }

  uniform(lower = 0, upper = 1): number {
    const high = this.#next() >>> 5;
    const low = this.#next() >>> 6;
    return lower + (upper - lower) * ((high * 67108864 + low) / 9007199254740992);
  }

  /** Marsaglia's polar method: only log and sqrt, of which sqrt is exact by IEEE 754. */
  normal(mean = 0, standardDeviation = 1): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return mean + standardDeviation * value;
    }
    let x: number;
    let y: number;
    let square: number;
    do {
      x = this.#next() / 2147483648 - 1;
      y = this.#next() / 2147483648 - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const scale = Math.sqrt((-2 * Math.log(square)) / square);
    this.#spare = y * scale;
    return mean + standardDeviation * (x * scale);
  }

  int(exclusiveUpper: number): number {
    const limit = 4294967296 - (4294967296 % exclusiveUpper);
    let draw: number;
    do draw = this.#next();
    while (draw >= limit);
    return draw % exclusiveUpper;
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = items.slice();
    for (let i = shuffled.length - 1; i > 0; i--) {
      const j = this.int(i + 1);
      const item = shuffled[i] as T;
      shuffled[i] = shuffled[j] as T;
      shuffled[j] = item;
    }
    return shuffled;
  }
}
