import type { BindingBenchTimes } from '../native/index.cjs';
import { addon } from './addon.js';
import type { TrainConfigOverrides } from './config.js';
import { unwrap } from './native-error.js';

/** Weights and one batch, on which the benchmarks (bench/) set this addon beside PyTorch. Images are in [-1, 1], not yet resized. */
export interface BenchCase {
  readonly config: TrainConfigOverrides;
  /** Folder of weights.safetensors. */
  readonly weights: string;
  /** [n, phases, patchSize, patchSize] */
  readonly patches: Float32Array;
  /** [rois, phases, ...roiSize] */
  readonly rois: Float32Array;
  readonly roiSize: readonly [number, number];
  readonly roiOfPatch: Int32Array;
  readonly targets: Int32Array;
}

/** Times `steps` training steps from the stored weights. */
export async function benchTrainingStep(
  bench: BenchCase & { readonly steps: number },
): Promise<{ seconds: number[]; losses: number[] }> {
  return unwrap<BindingBenchTimes>(
    await addon().runBench(toBinding(bench, 'training', bench.steps)),
  );
}

/** Times `repeats` label maps of one lesion; `logits` [n, classes] are those of the last. */
export async function benchLabelMap(
  bench: BenchCase & { readonly repeats: number },
): Promise<{ seconds: number[]; logits: Float32Array }> {
  return unwrap<BindingBenchTimes>(
    await addon().runBench(toBinding(bench, 'labelMap', bench.repeats)),
  );
}

function toBinding(bench: BenchCase, kind: 'training' | 'labelMap', repeats: number) {
  const { config, weights, patches, rois, roiSize, roiOfPatch, targets } = bench;
  const size = [...roiSize];
  return { kind, config, weights, patches, rois, roiSize: size, roiOfPatch, targets, repeats };
}
