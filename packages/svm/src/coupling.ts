/**
 * Class probabilities from pairwise ones: the second method of Wu, Lin, Weng: Probability estimates for multi-class
 * classification by pairwise coupling, JMLR 5 (2004), with the iteration and the tolerance of libsvm.
 *
 * @param pairwise K x K, row major: [i][j] = P(i | i or j); the diagonal is not read
 * @returns K probabilities with sum 1
 */
export function couplePairs(pairwise: Float64Array, numClasses: number): Float64Array {
  const k = numClasses;
  if (k === 2) {
    const first = pairwise[1] as number;
    return Float64Array.of(first, 1 - first);
  }
  const r = (i: number, j: number) => pairwise[i * k + j] as number;
  const q = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    let diagonal = 0;
    for (let j = 0; j < k; j++) {
      if (j === i) continue;
      diagonal += r(j, i) ** 2;
      q[i * k + j] = -r(j, i) * r(i, j);
    }
    q[i * k + i] = diagonal;
  }
  const p = new Float64Array(k).fill(1 / k);
  const tolerance = 0.005 / k;
  for (let iteration = 0; iteration < Math.max(100, k); iteration++) {
    const qp = new Float64Array(k);
    let pqp = 0;
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++)
        qp[i] = (qp[i] as number) + (q[i * k + j] as number) * (p[j] as number);
      pqp += (p[i] as number) * (qp[i] as number);
    }
    if (qp.every((value) => Math.abs(value - pqp) < tolerance)) break;
    pqp = sweep(q, p, qp, pqp);
  }
  return p;
}

/** One coordinate-wise pass; changes p and qp, returns the new p'Qp. */
function sweep(q: Float64Array, p: Float64Array, qp: Float64Array, start: number): number {
  const k = p.length;
  let pqp = start;
  for (let i = 0; i < k; i++) {
    const diagonal = q[i * k + i] as number;
    const change = (pqp - (qp[i] as number)) / diagonal;
    p[i] = (p[i] as number) + change;
    pqp = (pqp + change * (change * diagonal + 2 * (qp[i] as number))) / (1 + change) ** 2;
    for (let j = 0; j < k; j++) {
      qp[j] = ((qp[j] as number) + change * (q[i * k + j] as number)) / (1 + change);
      p[j] = (p[j] as number) / (1 + change);
    }
  }
  return pqp;
}
