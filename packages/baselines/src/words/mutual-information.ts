/**
 * Mutual information of a binary feature and the class in bits, by the frequencies of a sample.
 *
 * @param present whether each lesion has the feature
 * @param classes class of each lesion
 */
export function mutualInformation(present: readonly boolean[], classes: readonly string[]): number {
  const count = present.length;
  const joint = new Map<string, number>();
  const ofClass = new Map<string, number>();
  let having = 0;
  for (const [i, has] of present.entries()) {
    const label = classes[i] as string;
    const key = `${has ? 1 : 0}${label}`;
    joint.set(key, (joint.get(key) ?? 0) + 1);
    ofClass.set(label, (ofClass.get(label) ?? 0) + 1);
    if (has) having += 1;
  }
  let bits = 0;
  for (const [key, both] of joint) {
    const one = key.startsWith('1') ? having : count - having;
    const other = ofClass.get(key.slice(1)) as number;
    bits += (both / count) * Math.log2((both * count) / (one * other));
  }
  return bits;
}

/**
 * The features that say most about the class, each taken as present where it is above its mean.
 *
 * @param rows features of lesions
 * @returns indices of the features, ascending; the first of equals
 */
export function mostInformative(
  rows: readonly Float64Array[],
  classes: readonly string[],
  wanted: number,
): number[] {
  const features = rows[0]?.length ?? 0;
  const information = Array.from({ length: features }, (_, feature) => {
    const values = rows.map((row) => row[feature] as number);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return mutualInformation(
      values.map((value) => value > mean),
      classes,
    );
  });
  const order = [...information.keys()].sort(
    (a, b) => (information[b] as number) - (information[a] as number),
  );
  return order.slice(0, wanted).sort((a, b) => a - b);
}
