/** Bins a side of the joint histogram. */
const bins = 48;

export interface Similarity {
  /** H(a) + H(b) - H(a, b), nats (Shannon; Viola and Wells 1997). */
  readonly mutualInformation: number;
  /** (H(a) + H(b)) / H(a, b), from 1 for unrelated to 2 for equal images (Studholme et al. 1999). */
  readonly normalised: number;
}

/** Both kinds of mutual information of pairs of values within the given ranges. */
export function similarity(
  a: Float32Array,
  b: Float32Array,
  [lowestA, highestA]: readonly [number, number],
  [lowestB, highestB]: readonly [number, number],
): Similarity {
  const joint = new Float64Array(bins * bins);
  const binOf = (value: number, lowest: number, highest: number) =>
    Math.min(bins - 1, Math.max(0, Math.floor(((value - lowest) / (highest - lowest)) * bins)));
  for (let i = 0; i < a.length; i += 1) {
    const row = binOf(a[i] as number, lowestA, highestA);
    const at = row * bins + binOf(b[i] as number, lowestB, highestB);
    joint[at] = (joint[at] as number) + 1;
  }
  const ofA = new Float64Array(bins);
  const ofB = new Float64Array(bins);
  joint.forEach((count, at) => {
    const [row, column] = [Math.floor(at / bins), at % bins];
    ofA[row] = (ofA[row] as number) + count;
    ofB[column] = (ofB[column] as number) + count;
  });
  const [ha, hb, hab] = [entropy(ofA), entropy(ofB), entropy(joint)] as const;
  return { mutualInformation: ha + hb - hab, normalised: hab > 0 ? (ha + hb) / hab : 2 };
}

/** Entropy in nats of counts. */
function entropy(counts: Float64Array): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  for (const count of counts) if (count > 0) sum -= (count / total) * Math.log(count / total);
  return sum;
}
