import { FlcError } from '@flc-native/errors';
import { GammaRow } from './grid-row.js';
import { type Kernel, kernelRow, squaredDistance } from './kernel.js';
import { classCosts, type SvmOptions } from './options.js';
import { cooperative } from './pause.js';
import { checkLabels, checkTrainingSamples, type LabelledSamples, toRows } from './samples.js';
import { SquaredDistances } from './squared-distances.js';

/** First and last exponent of 2, both included. */
export type ExponentRange = readonly [first: number, last: number];

export interface GridSearchOptions {
  readonly train: LabelledSamples;
  /** Decides between the machines; its labels may be a subset of the training labels, or hold others. */
  readonly validation: LabelledSamples;
  readonly kernel: 'rbf' | 'linear';
  /** Powers of 2 to try; -20 to 19 for both where left out (1600 machines). The linear kernel has no gamma. */
  readonly exponents?: { readonly C?: ExponentRange; readonly gamma?: ExponentRange } | undefined;
  readonly classWeights?: SvmOptions['classWeights'] | undefined;
  /** Stop at a machine without validation errors: in the order of the search none that follows can win. Default true. */
  readonly stopAtPerfect?: boolean | undefined;
  /** Limit for the machine of one pair, 200,000 where left out; see {@link gridSearch}. */
  readonly maxIterations?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GridPoint {
  readonly C: number;
  /** undefined for the linear kernel. */
  readonly gamma: number | undefined;
  /** On validation; null where training did not converge within the limit. */
  readonly accuracy: number | null;
}

export interface GridSearchResult {
  readonly C: number;
  readonly gamma: number | undefined;
  /** Of the chosen machine on validation. */
  readonly accuracy: number;
  /** What was tried, in order: gamma ascending, for each gamma C ascending. */
  readonly table: readonly GridPoint[];
  /** Machines of the whole grid. */
  readonly total: number;
  /** Machines that did not converge; they are no candidates. */
  readonly notConverged: number;
  /** Other machines that were tried with the same accuracy. */
  readonly ties: number;
  /** Which of the chosen values are the first or last of the grid: the best may lie outside. */
  readonly edges: readonly ('C' | 'gamma')[];
}

export interface GridProgress {
  readonly done: number;
  readonly total: number;
  readonly bestAccuracy: number;
}

const DEFAULT_RANGE: ExponentRange = [-20, 19];
const DEFAULT_MAX_ITERATIONS = 200_000;

/**
 * Chooses C and gamma by accuracy on validation; ties go to the smaller gamma, then to the smaller C.
 *
 * The grid is tried with gamma ascending and C ascending, so the first of equals is the choice. Four things save work:
 * - The search ends at accuracy 1: nothing that follows can win.
 * - A pair's machine without a dual variable at its bound C solves every problem with larger C as well (the same KKT
 *   conditions, with the same tolerance), so it is trained once for the rest of the row.
 * - A pair that needs more than `maxIterations` counts as not converged, for this C and all larger ones of the row:
 *   with overlapping classes such a training takes libsvm minutes and mostly ends at its own limit. Those points are
 *   no candidates and `notConverged` says how many there were.
 * - With more than 16 features libsvm gets kernel values in place of features, from distances that are formed once.
 *
 * The event loop runs between the trainings of pairs, and the signal is looked at there.
 *
 * @throws FlcError DATA_ERROR, INVALID_CONFIG, CANCELLED
 */
export async function gridSearch(
  options: GridSearchOptions,
  onProgress?: (progress: GridProgress) => void,
): Promise<GridSearchResult> {
  const samples = checkTrainingSamples(options.train);
  const validation = toRows(options.validation.X, samples.rows[0]?.length);
  const truth = options.validation.y;
  checkLabels(validation.length, truth);
  if (validation.length === 0) throw new FlcError('DATA_ERROR', 'there are no validation samples');
  const maxIterations = options.maxIterations ?? DEFAULT_MAX_ITERATIONS;
  if (!(maxIterations > 0)) {
    throw new FlcError('INVALID_CONFIG', `maxIterations must be above 0, got ${maxIterations}`);
  }
  const Cs = powersOfTwo('C', options.exponents?.C);
  const kernels = kernelsOf(options);
  const distances = SquaredDistances.where(samples, options.kernel);
  const kernelRows = kernelRowsBetween(validation, samples.rows);
  const total = Cs.length * kernels.length;
  const table: GridPoint[] = [];
  let best: { C: number; gamma: number | undefined; accuracy: number } | undefined;
  const pause = cooperative(options.signal);

  search: for (const kernel of kernels) {
    const gamma = kernel.type === 'rbf' ? kernel.gamma : undefined;
    const row = new GammaRow(samples, kernelRows(kernel), kernel, maxIterations, distances, pause);
    for (const C of Cs) {
      await pause();
      const costs = classCosts(
        { C, classWeights: options.classWeights },
        samples.classes,
        samples.classIndex,
      );
      const labels = await row.predict(costs);
      const accuracy = labels === undefined ? null : share(labels, truth);
      table.push({ C, gamma, accuracy });
      if (accuracy !== null && accuracy > (best?.accuracy ?? -1)) best = { C, gamma, accuracy };
      onProgress?.({ done: table.length, total, bestAccuracy: best?.accuracy ?? 0 });
      if (accuracy === 1 && options.stopAtPerfect !== false) break search;
    }
  }
  if (best === undefined) {
    throw new FlcError('DATA_ERROR', 'no machine of the grid converged', {
      details: { maxIterations },
      remedy: 'raise maxIterations or try smaller C',
    });
  }
  const notConverged = table.filter(({ accuracy }) => accuracy === null).length;
  const { C, gamma, accuracy } = best;
  const ties = table.filter((point) => point.accuracy === accuracy).length - 1;
  const gammas = kernels.flatMap((kernel) => (kernel.type === 'rbf' ? kernel.gamma : []));
  const edges = [
    ...(isEnd(C, Cs) ? (['C'] as const) : []),
    ...(gamma !== undefined && isEnd(gamma, gammas) ? (['gamma'] as const) : []),
  ];
  return { ...best, table, total, notConverged, ties, edges };
}

function isEnd(value: number, values: readonly number[]): boolean {
  return value === values[0] || value === values.at(-1);
}

/** Kernel values [validation sample][training sample]; the RBF kernels share one table of distances. */
function kernelRowsBetween(
  validation: readonly Float64Array[],
  rows: readonly Float64Array[],
): (kernel: Kernel) => Float64Array[] {
  const distances = validation.map((a) => Float64Array.from(rows, (b) => squaredDistance(a, b)));
  return (kernel) =>
    kernel.type === 'rbf'
      ? distances.map((row) => row.map((squared) => Math.exp(-kernel.gamma * squared)))
      : validation.map((row) => kernelRow(kernel, row, rows));
}

function share(labels: readonly number[], truth: readonly number[]): number {
  return labels.filter((label, index) => label === truth[index]).length / truth.length;
}

function kernelsOf({ kernel, exponents }: GridSearchOptions): Kernel[] {
  if (kernel === 'linear') return [{ type: 'linear' }];
  if (kernel !== 'rbf') {
    throw new FlcError('INVALID_CONFIG', `kernel must be 'rbf' or 'linear', got ${String(kernel)}`);
  }
  return powersOfTwo('gamma', exponents?.gamma).map((gamma) => ({ type: 'rbf', gamma }));
}

function powersOfTwo(name: string, [first, last]: ExponentRange = DEFAULT_RANGE): number[] {
  const sound = [first, last].every((e) => Number.isSafeInteger(e) && Math.abs(e) <= 1000);
  if (!sound || last < first) {
    throw new FlcError(
      'INVALID_CONFIG',
      `exponents of ${name} must be two ascending whole numbers`,
      {
        details: { name, got: [first, last] },
      },
    );
  }
  return Array.from({ length: last - first + 1 }, (_, index) => 2 ** (first + index));
}
