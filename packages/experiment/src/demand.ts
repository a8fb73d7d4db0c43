import { availableParallelism } from 'node:os';
import { defaultTrainConfig, resolveTrainConfig } from '@flc-native/core-native';
import { configOf, type Row } from './rows.js';
import type { Demand } from './schedule.js';
import type { ComparisonSettings } from './settings.js';

export interface JobDemand extends Demand {
  /** Expected work, in minutes of one core at 480 lesions; only ratios between jobs matter. */
  readonly weight: number;
}

/** MiB of a process with libtorch, or of a classic method with its patches. */
const baseMemory = 700;
/** MiB that one step of the paper's network takes on the CPU (docs/results/cpu-training-step.md). */
const stepMemory = 2900;
const classicWeights: Readonly<Record<string, number>> = { roy: 1, wang: 15, 'xu-2018': 5 };

/** What a job takes, before it runs: an estimate that keeps jobs from crowding each other out. */
export function demandOf(
  row: Exclude<Row, { kind: 'derived' }>,
  settings: ComparisonSettings,
  device: string,
): JobDemand {
  if (row.kind === 'classic') {
    return { cores: 1, memory: baseMemory, weight: classicWeights[row.key] ?? 3 };
  }
  const paper = defaultTrainConfig();
  const { network, batchSize, threads, maxSteps } = resolveTrainConfig(
    configOf(row, settings.train),
  );
  const layers = (6 * network.depth + 1) / (6 * paper.network.depth + 1);
  const width = network.widths[0] / paper.network.widths[0];
  const pixels = (network.patchInput / paper.network.patchInput) ** 2;
  const size = layers * width * pixels * (batchSize / paper.batchSize);
  const onGpu = device.startsWith('cuda');
  return {
    cores: onGpu ? 1 : threads === 0 ? availableParallelism() : threads,
    memory: baseMemory + (onGpu ? 0 : stepMemory * size),
    ...(onGpu ? { device } : {}),
    // A step of the paper's size takes about a second on two cores.
    weight: 3 + (maxSteps * size * width) / 30,
  };
}
