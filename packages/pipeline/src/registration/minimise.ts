/** Differences of steps and gradients that are kept. */
const memory = 8;
/** Halvings of a step before the search ends. */
const halvings = 10;
/** Part of the promised gain that a step must bring. */
const enough = 1e-4;

export interface MinimiseOptions {
  readonly iterations: number;
  /** No parameter moves further in one iteration. */
  readonly longestStep: number;
  /** The search ends when an iteration gains less. */
  readonly leastGain: number;
}

/** Returns the value at `x` and writes its derivative into `gradient`, which comes filled with 0. */
export type Evaluate = (x: Float64Array, gradient: Float64Array) => number;

interface Place {
  readonly x: Float64Array;
  readonly gradient: Float64Array;
  readonly value: number;
}

/**
 * The smallest value near a start, by L-BFGS with halved steps (Nocedal and Wright, Numerical Optimization, 2006,
 * algorithms 7.4 and 3.1).
 */
export function minimise(
  evaluate: Evaluate,
  start: Float64Array,
  { iterations, longestStep, leastGain }: MinimiseOptions,
): Float64Array {
  const at = (x: Float64Array): Place => {
    const gradient = new Float64Array(x.length);
    return { x, gradient, value: evaluate(x, gradient) };
  };
  let here = at(start);
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const direction = descent(here.gradient, steps, changes);
    const slope = dot(here.gradient, direction);
    if (!(slope < 0)) break;
    let length = Math.min(1, longestStep / largest(direction));
    let next = at(sum(here.x, direction, length));
    for (let i = 0; i < halvings; i += 1) {
      if (next.value <= here.value + enough * length * slope) break;
      length /= 2;
      next = at(sum(here.x, direction, length));
    }
    const gain = here.value - next.value;
    if (!(gain > 0)) break;
    const step = sum(next.x, here.x, -1);
    const change = sum(next.gradient, here.gradient, -1);
    // Only such a pair keeps the implied matrix positive.
    if (dot(step, change) > 0) {
      steps.push(step);
      changes.push(change);
      if (steps.length > memory) {
        steps.shift();
        changes.shift();
      }
    }
    here = next;
    if (gain < leastGain) break;
  }
  return here.x;
}

/** Minus the gradient times the inverse Hessian that the kept differences imply; without any, at most 1 long. */
function descent(
  gradient: Float64Array,
  steps: readonly Float64Array[],
  changes: readonly Float64Array[],
): Float64Array {
  let q: Float64Array = gradient.map((v) => -v);
  const shares: number[] = [];
  for (let i = steps.length - 1; i >= 0; i -= 1) {
    const [step, change] = [steps[i], changes[i]] as [Float64Array, Float64Array];
    const share = dot(step, q) / dot(change, step);
    shares[i] = share;
    q = sum(q, change, -share);
  }
  const [step, change] = [steps.at(-1), changes.at(-1)];
  const scale =
    step === undefined || change === undefined
      ? 1 / Math.max(largest(q), Number.MIN_VALUE)
      : dot(step, change) / dot(change, change);
  q = q.map((v) => scale * v);
  steps.forEach((s, i) => {
    const y = changes[i] as Float64Array;
    q = sum(q, s, (shares[i] as number) - dot(y, q) / dot(y, s));
  });
  return q;
}

/** a + factor b */
function sum(a: Float64Array, b: Float64Array, factor: number): Float64Array {
  return a.map((v, i) => v + factor * (b[i] as number));
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((total, v, i) => total + v * (b[i] as number), 0);
}

function largest(a: Float64Array): number {
  return a.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
}
