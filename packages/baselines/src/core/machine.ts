import { type ExponentRange, gridSearch, SupportVectorClassifier } from '@flc-native/svm';

/** Features and class indices of lesions. */
export interface LabelledFeatures {
  readonly X: readonly Float64Array[];
  readonly y: readonly number[];
}

/** Settings of the last stage, the same for all methods. */
export interface MachineSettings {
  /** First and last power of two tried for C and for gamma. */
  readonly exponents: readonly number[];
}

/** As the authors had them (method.md section 6 of the design: 2^-20 to 2^19). */
export const machineSettings: MachineSettings = { exponents: [-20, 19] };

export const machineSettingDocs = {
  exponents: 'first and last power of two tried for C and gamma of the RBF machine (authors)',
} as const;

/** What was chosen. */
export interface ChosenMachine {
  readonly machine: SupportVectorClassifier;
  readonly C: number;
  readonly gamma: number | null;
  readonly validationAccuracy: number;
}

/** Chooses C and gamma on the validation lesions and fits the final machine on both parts. */
export async function fitMachine(
  train: LabelledFeatures,
  validation: LabelledFeatures,
  { exponents }: MachineSettings,
  options: {
    readonly seed: number;
    readonly signal: AbortSignal | undefined;
    readonly onProgress: (done: number, total: number) => void;
  },
): Promise<ChosenMachine> {
  const [first = -20, last = 19] = exponents;
  const range: ExponentRange = [first, last];
  const { C, gamma, accuracy } = await gridSearch(
    { train, validation, kernel: 'rbf', exponents: { C: range, gamma: range }, ...options },
    ({ done, total }) => options.onProgress(done, total),
  );
  const machine = new SupportVectorClassifier({
    kernel: 'rbf',
    C,
    gamma,
    probability: true,
    seed: options.seed,
  });
  await machine.fit([...train.X, ...validation.X], [...train.y, ...validation.y]);
  return { machine, C, gamma: gamma ?? null, validationAccuracy: accuracy };
}
