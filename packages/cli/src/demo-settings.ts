import type { FitConfig } from '@flc-native/classifier';

/**
 * The demo: what it makes and trains, chosen by measurement so that it ends within five minutes on two cores. Whatever
 * is smaller than the paper's is said in its output (demo-differences.ts).
 */
export const demoSettings = {
  seed: 1,
  lesions: 96,
  /** Train, val, test. */
  fractions: [0.5, 0.2, 0.3],
  fit: {
    network: { depth: 1, widths: [8, 16, 32], hiddenSize: 32 },
    intraReduction: 'mean',
    maxSteps: 300,
    evaluateEvery: 50,
    labelMapPace: 3,
  },
} as const satisfies DemoSettings;

export interface DemoSettings {
  readonly seed: number;
  readonly lesions: number;
  readonly fractions: readonly [number, number, number];
  readonly fit: FitConfig;
}
