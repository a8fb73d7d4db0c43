import type { FitConfig } from '@flc-native/classifier';

export interface DemoSettings {
  readonly seed: number;
  readonly lesions: number;
  /** Voxels of a phantom case. */
  readonly caseSize: readonly [number, number, number];
  /** Train, val, test. */
  readonly fractions: readonly [number, number, number];
  readonly fit: FitConfig;
}

/**
 * The demo: what it makes and trains, chosen by measurement so that it ends well within five minutes on two cores. What
 * is smaller than the paper's is said in its output (differences.ts).
 */
export const demoSettings = {
  seed: 1,
  lesions: 200,
  caseSize: [96, 96, 16],
  fractions: [0.5, 0.2, 0.3],
  fit: {
    network: { depth: 1, widths: [8, 16, 32], hiddenSize: 32, patchInput: 32, roiInput: 64 },
    // Converges in hundreds of steps, where the paper's sum takes thousands.
    intraReduction: 'mean',
    maxSteps: 300,
    evaluateEvery: 50,
    labelMapPace: 3,
  },
} as const satisfies DemoSettings;

/** What the settings are held against, beside the addon's defaults: the paper's cohort and label maps. */
export const paperSettings = {
  lesions: 480,
  caseSize: [160, 160, 24],
  labelMapPace: 1,
} as const;
