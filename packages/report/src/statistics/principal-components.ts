export interface Plane {
  /** Two unit vectors; the entry of largest size is positive, so that a picture does not flip. */
  readonly axes: readonly (readonly number[])[];
  readonly mean: readonly number[];
  /** Share of the variance along each axis; 0 where nothing varies. */
  readonly explained: readonly number[];
}

/** The plane of largest variance through `points` (principal component analysis); fewer axes below two dimensions. */
export function principalPlane(points: readonly (readonly number[])[]): Plane {
  const size = points[0]?.length ?? 0;
  const mean = Array.from({ length: size }, (_, i) => sum(points, (p) => at(p, i)) / points.length);
  const covariance = mean.map((mi, i) =>
    mean.map((mj, j) => sum(points, (p) => (at(p, i) - mi) * (at(p, j) - mj)) / points.length),
  );
  const { values, vectors } = symmetricEigen(covariance);
  const total = values.reduce((a, b) => a + b, 0);
  const largest = [...values.keys()].sort((a, b) => at(values, b) - at(values, a)).slice(0, 2);
  return {
    axes: largest.map((k) => upright(vectors.map((row) => at(row, k)))),
    mean,
    explained: largest.map((k) => (total > 0 ? at(values, k) / total : 0)),
  };
}

/** Coordinates of a point in the plane; one that is not there counts as 0. */
export function project(plane: Plane, point: readonly number[]): [number, number] {
  const along = (axis: readonly number[] | undefined) =>
    axis === undefined ? 0 : sum(point, (value, i) => (value - at(plane.mean, i)) * at(axis, i));
  return [along(plane.axes[0]), along(plane.axes[1])];
}

function upright(vector: readonly number[]): number[] {
  const largest = vector.reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0);
  return vector.map((v) => (largest < 0 ? -v : v));
}

/** Cyclic Jacobi rotations (Golub and Van Loan, 8.5): as many sweeps as a handful of classes ever needs. */
function symmetricEigen(matrix: readonly (readonly number[])[]): {
  values: number[];
  vectors: number[][];
} {
  const a = matrix.map((row) => [...row]);
  const v = a.map((_, i) => a.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < a.length; p++) {
      for (let q = p + 1; q < a.length; q++) rotate(a, v, p, q);
    }
  }
  return { values: a.map((row, i) => at(row, i)), vectors: v };
}

/** Makes entry (p, q) of `a` zero. */
function rotate(a: number[][], v: number[][], p: number, q: number): void {
  const [rowP, rowQ] = [a[p] as number[], a[q] as number[]];
  if (rowP[q] === 0) return;
  const angle = 0.5 * Math.atan2(2 * at(rowP, q), at(rowP, p) - at(rowQ, q));
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  for (const row of [...a, ...v]) {
    const [x, y] = [at(row, p), at(row, q)];
    row[p] = c * x + s * y;
    row[q] = c * y - s * x;
  }
  for (let k = 0; k < a.length; k++) {
    const [x, y] = [at(rowP, k), at(rowQ, k)];
    rowP[k] = c * x + s * y;
    rowQ[k] = c * y - s * x;
  }
}

const at = (values: readonly number[], i: number): number => values[i] as number;

function sum<T>(items: readonly T[], value: (item: T, i: number) => number): number {
  return items.reduce((total, item, i) => total + value(item, i), 0);
}
