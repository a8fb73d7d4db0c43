import { readFileSync, constants as systemConstants } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';
import { FlcError } from '@flc-native/errors';

/** A two-class C-SVC problem: `positives` rows are class +1, the other rows class -1; positives come first. */
export interface BinaryProblem {
  /** Features; of a precomputed kernel, its values between the samples. */
  readonly rows: readonly Float64Array[];
  readonly positives: number;
  readonly kernel: 'rbf' | 'linear' | 'precomputed';
  /** Used by the RBF kernel alone. */
  readonly gamma: number;
  /** Upper bound of the dual variables of class +1 and of class -1. */
  readonly costs: readonly [positive: number, negative: number];
  /** The solver is stopped after about this many iterations; libsvm's own limit (10 million) holds as well. */
  readonly maxIterations?: number;
}

export interface BinarySolution {
  /** `y[i] * alpha[i]` for each row; 0 where the row is no support vector. */
  readonly coefficients: Float64Array;
  /** decision(x) = sum of coefficients[i] * kernel(rows[i], x) - rho */
  readonly rho: number;
  readonly iterations: number;
}

/** What this file uses of libsvm-js's SVM class; the package has no types. */
interface ForeignMachine {
  readonly model: number;
  train(samples: readonly Float64Array[], labels: readonly number[]): void;
  getSVIndices(): number[];
  free(): void;
}
type ForeignClass = new (options: Record<string, unknown>) => ForeignMachine;

/** What this file uses of the emscripten module. */
interface Glue {
  readonly HEAPU8: Uint8Array;
  readonly HEAP32: Int32Array;
  readonly HEAPF64: Float64Array;
  readonly asmLibraryArg: Record<string, unknown>;
  load(): Promise<void>;
}

// Byte offsets in `struct svm_model` of libsvm 3.22 on a 32-bit machine (svm.h): after svm_parameter (96 bytes)
// come nr_class, l, SV, sv_coef, rho. Read from memory because libsvm's text format keeps 6 digits of rho only.
const OFFSET = { classes: 96, supportVectors: 100, coefficients: 108, rho: 112 };

const require = createRequire(import.meta.url);

/** Thrown out of libsvm's progress output to stop a training that takes too long. */
class IterationLimit extends Error {}

interface Solver {
  readonly glue: Glue;
  readonly Machine: ForeignClass;
  readonly watch: Watch;
  broken: boolean;
}

let opening: Promise<Solver> | undefined;

/**
 * Trains one two-class machine with libsvm. Same input, same bits: training without libsvm's own probabilities
 * draws no random numbers.
 *
 * @returns undefined when the iteration limit came first
 * @throws FlcError INTERNAL (libsvm-js missing or failing)
 */
export async function trainBinary(problem: BinaryProblem): Promise<BinarySolution | undefined> {
  let solver = await currentSolver();
  // While this one waited, another training may have broken it.
  while (solver.broken) solver = await currentSolver();
  try {
    return solve(solver, problem);
  } catch (thrown) {
    // The instance was left in the middle of its work; the next training opens a new one.
    solver.broken = true;
    opening = undefined;
    if (thrown instanceof IterationLimit) return undefined;
    throw new FlcError('INTERNAL', `libsvm failed: ${String(thrown)}`, { cause: thrown });
  }
}

/** libsvm's kernel types. */
const kernelCodes = { linear: '0', rbf: '2', precomputed: '4' } as const;

function numbered(row: Float64Array, number: number): Float64Array {
  const values = new Float64Array(row.length + 1);
  values[0] = number;
  values.set(row, 1);
  return values;
}

function solve(
  { glue, Machine, watch }: Solver,
  problem: BinaryProblem,
): BinarySolution | undefined {
  const { rows, positives, kernel, gamma, costs, maxIterations } = problem;
  watch.start(rows.length, maxIterations ?? Number.POSITIVE_INFINITY);
  const machine = new Machine({
    type: '0',
    kernel: kernelCodes[kernel],
    gamma,
    cost: 1,
    weight: { 1: costs[0], '-1': costs[1] },
    // libsvm's progress dots are how the iterations are counted.
    quiet: false,
  });
  machine.train(
    // libsvm looks up a row's value by its place: the number of the sample comes first.
    kernel === 'precomputed' ? rows.map((row, index) => numbered(row, index + 1)) : rows,
    rows.map((_, index) => (index < positives ? 1 : -1)),
  );
  const pointer = (offset: number) => glue.HEAP32[(machine.model + offset) >> 2] ?? 0;
  const supports = machine.getSVIndices();
  if (pointer(OFFSET.classes) !== 2 || pointer(OFFSET.supportVectors) !== supports.length) {
    throw new Error('the model does not lie in memory as libsvm 3.22 lays it out');
  }
  const values = (glue.HEAP32[pointer(OFFSET.coefficients) >> 2] ?? 0) >> 3;
  const coefficients = new Float64Array(rows.length);
  for (const [index, row] of supports.entries()) {
    coefficients[row] = glue.HEAPF64[values + index] ?? Number.NaN;
  }
  const rho = glue.HEAPF64[pointer(OFFSET.rho) >> 3] ?? Number.NaN;
  machine.free();
  return watch.gaveUp ? undefined : { coefficients, rho, iterations: watch.iterations };
}

/** Reads what libsvm writes while it trains, and stops it when it writes for too long. */
class Watch {
  iterations = 0;
  gaveUp = false;
  #perDot = 1;
  #limit = Number.POSITIVE_INFINITY;

  start(rows: number, limit: number): void {
    this.iterations = 0;
    this.gaveUp = false;
    // Solver::Solve writes a dot every min(l, 1000) iterations.
    this.#perDot = Math.min(rows, 1000);
    this.#limit = limit;
  }

  read(text: string): void {
    if (text === '.') {
      this.iterations += this.#perDot;
      if (this.iterations > this.#limit) throw new IterationLimit();
    } else if (text.includes('reaching max number of iterations')) {
      this.gaveUp = true;
    } else {
      const finished = /#iter = (\d+)/.exec(text);
      if (finished !== null) this.iterations = Number(finished[1]);
    }
  }
}

function currentSolver(): Promise<Solver> {
  opening ??= openSolver().catch((thrown: unknown) => {
    opening = undefined;
    throw new FlcError('INTERNAL', 'libsvm-js cannot be loaded', {
      remedy: 'Install @flc-native/svm anew with its dependencies.',
      cause: thrown,
    });
  });
  return opening;
}

/**
 * Opens a fresh instance of libsvm-js's WebAssembly build.
 *
 * Its loader, run as it is, installs an `unhandledRejection` listener that ends the process, and prints a warning
 * because `fetch` cannot read files. So it is run as a function that gets its own `process`, `console` and no `fetch`.
 */
async function openSolver(): Promise<Solver> {
  const file = require.resolve('libsvm-js/out/wasm/libsvm.js');
  const scope = {
    module: { exports: {} as Glue },
    require,
    __dirname: dirname(file),
    process: {
      argv: [],
      platform: process.platform,
      binding: () => ({ fs: systemConstants }),
      on: () => undefined,
      exit: (status: unknown) => {
        throw new Error(`libsvm wanted to exit with ${status}`);
      },
    },
    console: { log: () => undefined, warn: () => undefined },
    fetch: undefined,
    window: undefined,
    self: undefined,
  };
  const run = compileFunction(readFileSync(file, 'utf8'), Object.keys(scope), { filename: file });
  run(...Object.values(scope));
  const glue = scope.module.exports;
  const watch = new Watch();
  // The imports are handed to WebAssembly only after the binary has been read, so this replacement is in time.
  glue.asmLibraryArg.___syscall146 = (_: number, at: number) => writeVector(glue, watch, at);
  await glue.load();
  const wrap = require('libsvm-js/src/loadSVM') as (glue: Glue) => ForeignClass;
  return { glue, Machine: wrap(glue), watch, broken: false };
}

/** The system call `writev(file, parts, count)`: hands the text to the watch and claims to have written it. */
function writeVector(glue: Glue, watch: Watch, at: number): number {
  const word = (address: number) => glue.HEAP32[address >> 2] ?? 0;
  const parts = word(at + 4);
  let text = '';
  for (let part = 0; part < word(at + 8); part++) {
    const start = word(parts + 8 * part);
    text += Buffer.from(glue.HEAPU8.subarray(start, start + word(parts + 8 * part + 4))).toString(
      'latin1',
    );
  }
  watch.read(text);
  return text.length;
}
