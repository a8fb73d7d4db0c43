/** A kernel with its parameter. */
export type Kernel = { readonly type: 'linear' } | { readonly type: 'rbf'; readonly gamma: number };

/** Linear: a . b. RBF: exp(-gamma |a - b|^2). */
export function kernelValue(kernel: Kernel, a: Float64Array, b: Float64Array): number {
  return kernel.type === 'linear'
    ? innerProduct(a, b)
    : Math.exp(-kernel.gamma * squaredDistance(a, b));
}

export function innerProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    sum += difference * difference;
  }
  return sum;
}

/** Kernel values of `row` with each of `others`. */
export function kernelRow(
  kernel: Kernel,
  row: Float64Array,
  others: readonly Float64Array[],
): Float64Array {
  return Float64Array.from(others, (other) => kernelValue(kernel, row, other));
}
