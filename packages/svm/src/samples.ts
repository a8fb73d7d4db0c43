import { FlcError } from '@flc-native/errors';

/** One feature vector; all of a set have the same length. */
export type Features = readonly number[] | Float64Array;

/** Feature vectors with the class label of each. */
export interface LabelledSamples {
  readonly X: readonly Features[];
  readonly y: readonly number[];
  /** Samples of one group, a patient say, are never told apart by the cross-validation behind probabilities. */
  readonly groups?: readonly string[] | undefined;
}

/**
 * Copies feature vectors to rows of numbers.
 *
 * @param features the length that each must have; the first one's where undefined
 * @throws FlcError DATA_ERROR (none, empty, different lengths, a value that is not finite)
 */
export function toRows(X: readonly Features[], features?: number): Float64Array[] {
  if (!Array.isArray(X)) {
    throw new FlcError('DATA_ERROR', 'samples must be an array of feature vectors');
  }
  const expected = features ?? X[0]?.length ?? 0;
  if (X.length > 0 && expected === 0) {
    throw new FlcError('DATA_ERROR', 'sample 0 has no features', { details: { sample: 0 } });
  }
  return X.map((sample: Features, index) => {
    if (sample?.length !== expected) {
      throw new FlcError(
        'DATA_ERROR',
        `sample ${index} has ${sample?.length} features instead of ${expected}`,
        { details: { sample: index, expected, got: sample?.length } },
      );
    }
    const row = new Float64Array(expected);
    for (const [feature, value] of sample.entries()) {
      if (!Number.isFinite(value)) {
        throw new FlcError('DATA_ERROR', `feature ${feature} of sample ${index} is ${value}`, {
          details: { sample: index, feature, got: String(value) },
        });
      }
      // JSON has no -0; adding 0 makes a saved machine the same in every bit.
      row[feature] = value + 0;
    }
    return row;
  });
}

/** Training input after all checks: rows, and for each the index of its class. */
export interface CheckedSamples {
  readonly rows: readonly Float64Array[];
  readonly classIndex: Int32Array;
  /** Labels in ascending order. */
  readonly classes: readonly number[];
  readonly groups?: readonly string[] | undefined;
}

/** @throws FlcError DATA_ERROR (empty, one class only, a label that is no whole number, lengths that differ, bad features) */
export function checkTrainingSamples({ X, y, groups }: LabelledSamples): CheckedSamples {
  const rows = toRows(X);
  checkLabels(rows.length, y);
  if (rows.length === 0) throw new FlcError('DATA_ERROR', 'there are no samples to learn from');
  const classes = [...new Set(y)].sort((a, b) => a - b);
  if (classes.length < 2) {
    throw new FlcError('DATA_ERROR', `all ${rows.length} samples have the class ${classes[0]}`, {
      details: { classes, samples: rows.length },
      remedy: 'give samples of at least two classes',
    });
  }
  if (groups !== undefined && groups.length !== rows.length) {
    throw new FlcError('DATA_ERROR', `${rows.length} samples come with ${groups.length} groups`, {
      details: { samples: rows.length, groups: groups.length },
    });
  }
  const index = new Map(classes.map((label, at) => [label, at]));
  const classIndex = Int32Array.from(y, (label) => index.get(label) ?? -1);
  return { rows, classes, classIndex, groups };
}

/** @throws FlcError DATA_ERROR */
export function checkLabels(samples: number, y: readonly number[]): void {
  if (y?.length !== samples) {
    throw new FlcError('DATA_ERROR', `${samples} samples come with ${y?.length} labels`, {
      details: { samples, labels: y?.length },
    });
  }
  for (const [index, label] of y.entries()) {
    if (!Number.isSafeInteger(label)) {
      throw new FlcError('DATA_ERROR', `label ${index} is ${label}, not a whole number`, {
        details: { sample: index, got: String(label) },
      });
    }
  }
}
