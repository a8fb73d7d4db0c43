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

/** Workers that fit into the free memory: at least one, at most `wanted` (default: one a core). */
export function workersWithin(
  bytesPerWorker: number,
  wanted: number | undefined,
  freeBytes: number = process.availableMemory(),
): number {
  const fitting = Math.floor((usablePart * freeBytes) / bytesPerWorker);
  return Math.min(wanted ?? availableParallelism(), Math.max(1, fitting));
}

/**
 * Workers for a cohort: the largest file of a phase stands for all pairs. A file that cannot be read says so
 * when its case is done.
 */
export async function memoryBound(
  jobs: readonly CaseJob[],
  { metricSpacing }: RegistrationSettings,
  wanted: number | undefined,
): Promise<number> {
  if (wanted === 0) return 0;
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
  return workersWithin(grid === undefined ? baseBytes : pairBytes(grid, metricSpacing), wanted);
}

async function gridOf(input: CaseInput): Promise<Grid | undefined> {
  try {
    const { data: _, ...grid } = await readInput(input);
    return grid;
  } catch {
    return undefined;
  }
}
