import type { Prepared, PreparedSample } from '@flc-native/pipeline';

interface LabelledLesion {
  readonly id: string;
  readonly patientId: string;
  readonly class: string;
  readonly samples: readonly PreparedSample[];
}
interface FitContext {
  readonly prepared: Prepared;
  readonly train: readonly LabelledLesion[];
  readonly val: readonly LabelledLesion[];
  readonly seed: number;
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (p: { stage: string; done: number; total: number }) => void;
}
interface MethodPrediction {
  readonly id: string;
  readonly predicted: string;
  readonly probabilities: readonly number[];
  readonly warnings: readonly string[];
}
interface FittedMethod {
  predict(
    lesions: readonly Omit<LabelledLesion, 'class'>[],
    signal?: AbortSignal,
  ): Promise<readonly MethodPrediction[]>;
  readonly description: Readonly<Record<string, unknown>>;
}
interface ComparisonMethod {
  readonly name: string;
  readonly citation: string;
  readonly deviations: readonly string[];
  fit(context: FitContext, settings?: object): Promise<FittedMethod>;
}
export const comparisonMethods: readonly ComparisonMethod[] = [];
