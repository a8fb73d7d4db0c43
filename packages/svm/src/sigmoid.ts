/** P(positive | f) = 1 / (1 + exp(a f + b)) of a decision value f (Platt 1999). */
export interface Sigmoid {
  readonly a: number;
  readonly b: number;
}

/**
 * Steepest slope of a sigmoid that means something. The margins of a machine lie at -1 and 1: fits lie near 0.2 to 10, and
 * beyond 1000 where the decision values hardly differ, so that noise decides.
 */
const STEEPEST = 100;

const MAX_ITERATIONS = 100;
const SMALLEST_STEP = 1e-10;
/** Keeps the Hessian positive definite. */
const RIDGE = 1e-12;
const GRADIENT_TOLERANCE = 1e-5;

/**
 * Fits a sigmoid to decision values by Newton's method with backtracking.
 *
 * Lin, Lin, Weng: A note on Platt's probabilistic outputs for support vector machines, Machine Learning 68 (2007),
 * with Platt's targets (N+ + 1) / (N+ + 2) and 1 / (N- + 2).
 */
export function fitSigmoid(decisions: ArrayLike<number>, positive: ArrayLike<boolean>): Sigmoid {
  const count = decisions.length;
  const positives = Array.from(positive).filter(Boolean).length;
  const high = (positives + 1) / (positives + 2);
  const low = 1 / (count - positives + 2);
  const targets = Float64Array.from({ length: count }, (_, i) => (positive[i] ? high : low));
  const loss = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const z = (decisions[i] as number) * a + b;
      const target = targets[i] as number;
      // Both branches are the cross-entropy; each is free of overflow on its side.
      sum +=
        z >= 0 ? target * z + Math.log1p(Math.exp(-z)) : (target - 1) * z + Math.log1p(Math.exp(z));
    }
    return sum;
  };

  let a = 0;
  let b = Math.log((count - positives + 1) / (positives + 1));
  let value = loss(a, b);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration++) {
    const { gradient, hessian } = derivatives(decisions, targets, a, b);
    if (Math.abs(gradient[0]) < GRADIENT_TOLERANCE && Math.abs(gradient[1]) < GRADIENT_TOLERANCE) {
      break;
    }
    const determinant = hessian[0] * hessian[2] - hessian[1] * hessian[1];
    const stepA = -(hessian[2] * gradient[0] - hessian[1] * gradient[1]) / determinant;
    const stepB = -(-hessian[1] * gradient[0] + hessian[0] * gradient[1]) / determinant;
    const slope = gradient[0] * stepA + gradient[1] * stepB;
    let step = 1;
    for (; step >= SMALLEST_STEP; step /= 2) {
      const next = loss(a + step * stepA, b + step * stepB);
      if (next < value + 0.0001 * step * slope) {
        a += step * stepA;
        b += step * stepB;
        value = next;
        break;
      }
    }
    // No step lowers the loss any more: this is as close as float64 gets.
    if (step < SMALLEST_STEP) break;
  }
  return { a, b };
}

function derivatives(decisions: ArrayLike<number>, targets: Float64Array, a: number, b: number) {
  let [haa, hab, hbb, ga, gb] = [RIDGE, 0, RIDGE, 0, 0];
  for (let i = 0; i < decisions.length; i++) {
    const f = decisions[i] as number;
    const p = probabilityOf({ a, b }, f);
    const weight = p * (1 - p);
    haa += f * f * weight;
    hbb += weight;
    hab += f * weight;
    const difference = (targets[i] as number) - p;
    ga += f * difference;
    gb += difference;
  }
  return { gradient: [ga, gb] as const, hessian: [haa, hab, hbb] as const };
}

/** Whether the probability does not rise with the decision value, or leaps at differences that mean nothing. */
export function isDegenerate({ a }: Sigmoid): boolean {
  return a >= 0 || a < -STEEPEST;
}

/** Probability of the positive class at a decision value, without overflow. */
export function probabilityOf({ a, b }: Sigmoid, decision: number): number {
  const z = decision * a + b;
  if (z < 0) return 1 / (1 + Math.exp(z));
  const e = Math.exp(-z);
  return e / (1 + e);
}
