import type { LabelledLesion, MethodName } from '../comparison-method.js';
import type { LesionPixels, ReadLesion } from './lesion-pixels.js';

/** A lesion as numbers. */
export interface LesionFeatures {
  readonly values: Float64Array;
  readonly warnings: readonly string[];
}

/** What turns lesions into features: the part in which the methods differ. */
export interface LesionDescriber {
  describe(lesion: LesionPixels, signal?: AbortSignal): Promise<LesionFeatures>;
  /** What was learned, in a few numbers. */
  readonly summary: Readonly<Record<string, unknown>>;
  /** Plain JSON, for the method's `load`. */
  toJSON(): unknown;
}

/** What a describer learns from: the train part and nothing else. */
export interface LearningContext {
  readonly method: MethodName;
  readonly lesions: readonly LabelledLesion[];
  readonly read: ReadLesion;
  readonly layout: PhaseLayout;
  readonly seed: number;
  readonly threads: number;
  readonly signal: AbortSignal | undefined;
  progress(stage: 'patches' | 'words' | 'features', done: number, total: number): void;
}

/** The phases of a cohort. */
export interface PhaseLayout {
  /** Indices of all, in the order of enhancement. */
  readonly all: readonly number[];
  /** Index of the reference phase, the portal venous one. */
  readonly reference: number;
}

export function phaseLayout(phases: readonly string[], reference: string): PhaseLayout {
  return { all: [...phases.keys()], reference: phases.indexOf(reference) };
}
