import { availableParallelism } from 'node:os';
import { devices } from '@flc-native/core-native';
import { FlcError, withReason } from '@flc-native/errors';
import type { RankTask, RankTasks } from './rank-tasks.js';
import { type StartOptions, startRank } from './start-rank.js';

/** Processes of this machine that share a piece of work. */
export interface RankGroup {
  readonly processes: number;
  /** `cpu`: they share the cores, `threads` of them in all. `gpu`: each has a GPU of its own. */
  readonly on: 'cpu' | 'gpu';
}

export interface GroupOptions<Task extends RankTask> extends Pick<StartOptions<Task>, 'remedy'> {
  /** Of each process, by rank. */
  readonly jobs: readonly RankTasks[Task]['job'][];
  readonly onEvent: (rank: number, event: RankTasks[Task]['event']) => void;
  readonly signal: AbortSignal | undefined;
  /** How long the others have to end by themselves after a failure. */
  readonly graceMilliseconds: number;
}

/**
 * Runs a task in a process for each of the jobs. The results of all, by rank, once all have ended.
 *
 * @throws FlcError the failure that came first, which the later ones follow from; INTERNAL naming the rank whose process died
 */
export async function runRanks<Task extends RankTask>(
  task: Task,
  { jobs, onEvent, remedy, signal, graceMilliseconds }: GroupOptions<Task>,
): Promise<RankTasks[Task]['result'][]> {
  const ranks = jobs.map((job, rank) =>
    startRank(task, { rank, job, remedy, onEvent: (event) => onEvent(rank, event) }),
  );
  const cancel = () => {
    for (const rank of ranks) rank.cancel();
  };
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  const failures: unknown[] = [];
  let grace: NodeJS.Timeout | undefined;
  const killAll = () => {
    for (const rank of ranks) rank.kill();
  };
  const outcomes = await Promise.all(
    ranks.map((rank) =>
      rank.finished.catch((error: unknown) => {
        failures.push(error);
        grace ??= setTimeout(killAll, graceMilliseconds);
        return undefined;
      }),
    ),
  );
  clearTimeout(grace);
  signal?.removeEventListener('abort', cancel);
  if (failures.length > 0) throw withReason(failures[0], signal);
  return outcomes as RankTasks[Task]['result'][];
}

interface DeviceSettings {
  readonly device?: string;
  readonly threads?: number;
}

/**
 * What the processes compute on: on the CPU each has its part of the threads; on GPUs each takes the one of its number.
 *
 * @throws FlcError INVALID_CONFIG if the settings name another device; CUDA_UNAVAILABLE with the devices there are
 */
export function deviceOfGroup(
  { processes, on }: RankGroup,
  { device = 'auto', threads }: DeviceSettings,
): DeviceSettings & { readonly device: 'cpu' | 'cuda' } {
  const fitting = on === 'gpu' ? 'cuda' : 'cpu';
  if (device !== 'auto' && device !== fitting) {
    throw new FlcError('INVALID_CONFIG', `The processes run on ${fitting}, not on ${device}`, {
      details: { key: 'device' },
      remedy: `Leave the device out, or use ${on === 'gpu' ? '--processes' : '--gpus'}.`,
    });
  }
  if (on === 'gpu') {
    requireGpus(processes);
    return { device: 'cuda', ...(threads === undefined ? {} : { threads }) };
  }
  const shared = threads || availableParallelism();
  return { device: 'cpu', threads: Math.max(1, Math.floor(shared / processes)) };
}

function requireGpus(wanted: number): void {
  const names = devices().map(({ name }) => name);
  if (names.filter((name) => name.startsWith('cuda')).length >= wanted) return;
  throw new FlcError(
    'CUDA_UNAVAILABLE',
    `${wanted} GPUs were asked for; the devices here are ${names.join(', ')}`,
    { details: { devices: names }, remedy: 'Ask for fewer GPUs, or see flc-native doctor.' },
  );
}
