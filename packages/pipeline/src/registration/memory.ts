import { availableParallelism } from 'node:os';
import type { CaseInput, CaseJob } from '../case/case-job.js';
import { readInput } from '../case/read-input.js';
import { quickStamp } from '../prepare/input-stamp.js';
import { type Grid, voxelCount } from '../volume/volume.js';
import type { RegistrationSettings } from './registration-settings.js';

/** What a worker takes before it sees a volume: a thread, and elastix as machine code. */
const baseBytes = 260 * 2 ** 20;
/** Images, masks and results, a voxel of the phase. */
const bytesPerVoxel = 18;
/** Copies, pyramids and gradients of elastix, a voxel of what is compared. */
const bytesPerComparedVoxel = 60;
/** Part of the free memory that workers may take. */
const usablePart = 0.8;

/** Upper estimate of the memory that registering a pair takes, bytes; measured in docs/results/registration.md. */
export function pairBytes(grid: Grid, metricSpacing: number): number {
  const voxels = voxelCount(grid.size);
  const block = [0, 1].reduce(
    (product, axis) =>
      product * Math.max(1, Math.floor(metricSpacing / (grid.spacing[axis] as number))),
    1,
  );
  return baseBytes + bytesPerVoxel * voxels + (bytesPerComparedVoxel * voxels) / block;
}

/** What the user allows; undefined: one worker a core, and most of the memory that is free. */
export interface WorkerLimits {
  readonly workers?: number | undefined;
  /** Memory of all workers together, GiB. */
  readonly memory?: number | undefined;
}

/** Workers that fit into the memory: at least one. */
export function workersWithin(
  bytesPerWorker: number,
  { workers: wanted, memory }: WorkerLimits,
  freeBytes: number = process.availableMemory(),
): number {
  const usable = memory === undefined ? usablePart * freeBytes : memory * 2 ** 30;
  const fitting = Math.floor(usable / bytesPerWorker);
  return Math.min(wanted ?? availableParallelism(), Math.max(1, fitting));
}

/**
 * Workers for a cohort: the largest file of a phase stands for all pairs. A file that cannot be read says so
 * when its case is done.
 */
export async function memoryBound(
  jobs: readonly CaseJob[],
  { metricSpacing }: RegistrationSettings,
  limits: WorkerLimits,
): Promise<number> {
  if (limits.workers === 0) return 0;
  const images = jobs.flatMap(({ phases }) => phases.flatMap((phase) => phase ?? []));
  const sizes = await Promise.all(
    images.map((input) =>
      quickStamp(input).then(
        ({ bytes }) => bytes,
        () => 0,
      ),
    ),
  );
  const largest = images[sizes.indexOf(Math.max(...sizes))];
  const grid = largest === undefined ? undefined : await gridOf(largest);
  return workersWithin(grid === undefined ? baseBytes : pairBytes(grid, metricSpacing), limits);
}

async function gridOf(input: CaseInput): Promise<Grid | undefined> {
  try {
    const { data: _, ...grid } = await readInput(input);
    return grid;
  } catch {
    return undefined;
  }
}
