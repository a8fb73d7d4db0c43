import { createRequire } from 'node:module';
import type { TrainConfig } from '@flc-native/core-native';
import { type Partition, type Prepared, patchSize } from '@flc-native/pipeline';
import { imageHashes } from './cohort.js';
import type { FitState, TrainedNetwork } from './fit-state.js';
import type { ModelDescription, SvmProvenance } from './model-description.js';

/** model.json of a finished fit, without the hashes of its files. */
export function describeModel(
  { prepared, partition }: { readonly prepared: Prepared; readonly partition: Partition },
  config: TrainConfig,
  state: FitState & { readonly trained: TrainedNetwork },
  svm: SvmProvenance | null,
): Omit<ModelDescription, 'files'> {
  const { index } = prepared;
  return {
    format: 'flc-model',
    version: 1,
    network: config.network,
    classes: index.classes,
    phases: index.phases,
    preprocessing: {
      modality: index.modality,
      intensity: index.intensity,
      reference: index.reference,
      background: config.background,
      slices: index.slices,
      align: index.align,
      ...(index.registration === undefined ? {} : { registration: index.registration }),
      inPlaneSpacing: index.inPlaneSpacing,
      margin: index.margin,
      coverage: index.coverage,
      patchSize,
    },
    labelMapPace: state.labelMapPace,
    decision: svm === null ? 'network' : 'svm',
    unit: state.unit,
    training: {
      synthetic: index.synthetic,
      seed: config.seed,
      config,
      dataHash: state.dataHash,
      images: imageHashes(prepared, [...partition.train, ...partition.val]),
      partition: { name: partition.name, train: partition.train, val: partition.val },
      steps: state.trained.steps,
      bestStep: state.trained.bestStep,
      bestAccuracy: state.trained.bestAccuracy,
      svm,
      versions: { flcNative: version(), node: process.versions.node },
    },
  };
}

function version(): string {
  const manifest = createRequire(import.meta.url)('../package.json') as { version: string };
  return manifest.version;
}
