import { createServer } from 'node:net';
import type { FitOptions, FitResult } from './fit.js';
import { deviceOfGroup, type RankGroup, runRanks } from './rank-group.js';
import type { FitJob } from './rank-tasks.js';

export interface ProcessesOptions extends Omit<FitOptions, 'distributed'>, RankGroup {
  /** How long a process waits for another one before it gives up; default 300. */
  readonly timeoutSeconds?: number | undefined;
}

/** After a failure the others find out by themselves and say so; after this they are ended. */
const graceMilliseconds = 20_000;

/**
 * `fit` in several processes of this machine that train the network and make the label maps together. Events are
 * rank 0's and the notices of all; the result is rank 0's, which also makes the machine.
 *
 * @throws FlcError what `fit` throws; CUDA_UNAVAILABLE with the devices there are; INTERNAL naming the rank whose process died
 */
export async function fitInProcesses(options: ProcessesOptions): Promise<FitResult> {
  const { signal, onEvent } = options;
  const [first] = await runRanks('fit', {
    jobs: await rankJobs(options),
    onEvent: (_rank, event) => onEvent?.(event),
    signal,
    graceMilliseconds,
    remedy: 'Resume the run: it goes on from its checkpoint, with any number of processes.',
  });
  return first as FitResult;
}

async function rankJobs(options: ProcessesOptions): Promise<FitJob[]> {
  const { processes, timeoutSeconds = 300, prepared, partition, runDir } = options;
  const config = { ...options.config, ...deviceOfGroup(options, options.config) };
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
