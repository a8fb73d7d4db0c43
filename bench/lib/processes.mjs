import { fork } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { paperNetwork, quickNetwork } from './case.mjs';
import { writeTrainingCohort } from './training-cohort.mjs';

const script = fileURLToPath(new URL('./rank-process.mjs', import.meta.url));
let cohort;
let runs = 0;

/**
 * One training run from new weights by several Gloo processes of `threads` in all: 100 patches of 10 ROIs a step. The first step
 * finds the memory cold and is not among the seconds.
 *
 * @param {{ processes: number, threads: number, options: { quick: boolean } }} request
 */
export async function measureProcesses({ processes, threads, options }) {
  const network = options.quick ? quickNetwork : paperNetwork;
  const [batchSize, roisPerBatch, steps] = options.quick ? [12, 4, 2] : [100, 10, 3];
  cohort ??= await writeTrainingCohort({ lesions: 24, side: 40, seed: 1 });
  const { directory, ...job } = cohort;
  const store = `127.0.0.1:${await freePort()}`;
  runs += 1;
  const ranks = await Promise.all(
    Array.from({ length: processes }, (_, rank) =>
      trainInProcess(
        {
          ...job,
          runDir: join(directory, `run-${runs}`),
          config: {
            ...{ network, batchSize, roisPerBatch, device: 'cpu', intraReduction: 'mean' },
            ...{ threads: threads / processes, maxSteps: steps, evaluateEvery: steps },
            evaluatePatchesPerLesion: 1,
          },
          distributed: processes > 1 && { rank, worldSize: processes, store },
        },
        threads,
      ),
    ),
  );
  const [{ seconds, losses }] = ranks;
  const memoryBytes = ranks.reduce((sum, { peak }) => sum + peak, 0);
  return { seconds: seconds.slice(1), losses, memoryBytes };
}

/** A training job in a process of its own: seconds and losses of its steps, and the process's highest memory. */
export function trainInProcess(job, threads) {
  const child = fork(script, { env: { ...process.env, OMP_NUM_THREADS: String(threads) } });
  child.send(job);
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('close', (code, signal) => reject(new Error(`a process ended: ${signal ?? code}`)));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
