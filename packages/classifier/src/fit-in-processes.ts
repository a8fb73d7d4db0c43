import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { devices } from '@flc-native/core-native';
import { FlcError } from '@flc-native/errors';
import type { FitConfig, FitOptions, FitResult } from './fit.js';
import type { RankJob } from './rank-messages.js';
import { type RankProcess, startRank } from './start-rank.js';

export interface ProcessesOptions extends Omit<FitOptions, 'distributed'> {
  readonly processes: number;
  /** `cpu`: they share the cores, `config.threads` of them in all. `gpu`: each has a GPU of its own. */
  readonly on: 'cpu' | 'gpu';
  /** How long a process waits for another one before it gives up; default 300. */
  readonly timeoutSeconds?: number;
}

/** After a failure the others find out by themselves and say so; after this they are ended. */
const graceMilliseconds = 20_000;

/**
 * `fit` in several processes of this machine that train the network and make the label maps together. Events and result are
 * rank 0's, which also makes the machine.
 *
 * @throws FlcError what `fit` throws; CUDA_UNAVAILABLE with the devices there are; INTERNAL naming the rank whose process died
 */
export async function fitInProcesses(options: ProcessesOptions): Promise<FitResult> {
  const { signal, onEvent } = options;
  const jobs = await rankJobs(options);
  const ranks = jobs.map((job, rank) =>
    startRank(job, (event) => {
      if (rank === 0) onEvent?.(event);
    }),
  );
  const cancel = () => {
    for (const rank of ranks) rank.cancel();
  };
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted) cancel();
  try {
    return await firstFailureOrResult(ranks);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/** The result of rank 0 once all have ended; else the failure that came first, which the later ones follow from. */
async function firstFailureOrResult(ranks: readonly RankProcess[]): Promise<FitResult> {
  const failures: unknown[] = [];
  let grace: NodeJS.Timeout | undefined;
  const killAll = () => {
    for (const rank of ranks) rank.kill();
  };
  const outcomes = await Promise.allSettled(
    ranks.map((rank) =>
      rank.finished.catch((error: unknown) => {
        failures.push(error);
        grace ??= setTimeout(killAll, graceMilliseconds);
        throw error;
      }),
    ),
  );
  clearTimeout(grace);
  const [first] = outcomes;
  if (failures.length === 0 && first?.status === 'fulfilled') return first.value;
  throw failures[0];
}

async function rankJobs(options: ProcessesOptions): Promise<RankJob[]> {
  const { processes, timeoutSeconds = 300, prepared, partition, runDir } = options;
  const config = options.on === 'gpu' ? gpuConfig(options) : cpuConfig(options);
  const store = `127.0.0.1:${await freePort()}`;
  return Array.from({ length: processes }, (_, rank) => ({
    ...{ prepared: prepared.dir, partition, config, runDir },
    resume: options.resume === true,
    force: options.force === true,
    distributed: {
      ...{ rank, localRank: rank, store, timeoutSeconds },
      ...{ worldSize: processes, localWorldSize: processes },
    },
  }));
}

function cpuConfig({ config, processes }: ProcessesOptions): FitConfig {
  refuseOtherDevice(config, 'cpu', '--gpus');
  const threads = config.threads || availableParallelism();
  return { ...config, device: 'cpu', threads: Math.max(1, Math.floor(threads / processes)) };
}

function gpuConfig({ config, processes }: ProcessesOptions): FitConfig {
  refuseOtherDevice(config, 'cuda', '--processes');
  const names = devices().map(({ name }) => name);
  const gpus = names.filter((name) => name.startsWith('cuda'));
  if (gpus.length < processes) {
    throw new FlcError(
      'CUDA_UNAVAILABLE',
      `${processes} GPUs were asked for; the devices here are ${names.join(', ')}`,
      { details: { devices: names }, remedy: 'Ask for fewer GPUs, or see flc-native doctor.' },
    );
  }
  // Each process takes the GPU of its number.
  return { ...config, device: 'cuda' };
}

function refuseOtherDevice({ device = 'auto' }: FitConfig, fitting: string, other: string): void {
  if (device === 'auto' || device === fitting) return;
  throw new FlcError('INVALID_CONFIG', `The processes run on ${fitting}, not on ${device}`, {
    details: { key: 'device' },
    remedy: `Leave the device out, or use ${other}.`,
  });
}

/** A port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
