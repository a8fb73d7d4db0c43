/**
 * Claim: training in 2 Gloo processes with 1 thread each has at least 0.9 times the throughput of 1 process with 2 threads, on the
 * same batches: 100 patches of 10 ROIs, the paper's network, float32. `node bench/processes.mjs [--quick] [--repeats N] [--json FILE]`
 */
import { fork } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { paperNetwork, quickNetwork } from './lib/case.mjs';
import { median } from './lib/measure.mjs';
import { readOptions } from './lib/options.mjs';
import { publish } from './lib/print.mjs';
import { writeTrainingCohort } from './lib/training-cohort.mjs';

const script = fileURLToPath(new URL('./lib/rank-process.mjs', import.meta.url));
const options = readOptions();
const network = options.quick ? quickNetwork : paperNetwork;
const threads = Math.max(2, options.threads);
const [batchSize, roisPerBatch, steps] = options.quick ? [12, 4, 2] : [100, 10, 3];
const cohort = await writeTrainingCohort({ lesions: 24, side: 40, seed: 1 });
const contenders = [
  { name: `1 process, ${threads} threads`, processes: 1 },
  { name: `${threads} processes, 1 thread`, processes: threads },
];

for (const contender of contenders) Object.assign(contender, { seconds: [], memoryBytes: 0 });
for (let round = 0; round < options.repeats; round += 1) {
  for (const contender of contenders) await measure(contender, round);
}
const [alone, together] = contenders;
publish(
  {
    title: `Training step of ${batchSize} patches of ${roisPerBatch} ROIs in processes, CPU`,
    unit: { name: 'patches', count: batchSize },
    results: contenders.map((contender) => ({ ...contender, median: median(contender.seconds) })),
    missing: [],
    checks: [
      // The same batch, but batch normalization over half of it.
      {
        name: 'first loss, relative',
        value: difference(alone.losses, together.losses),
        limit: 0.1,
      },
    ],
    claims: [
      {
        name: `${together.name} each / ${alone.name}`,
        value: median(alone.seconds) / median(together.seconds),
        target: 0.9,
      },
    ],
  },
  options,
);

/** One run from new weights; the first step finds the memory cold and is not counted. */
async function measure(contender, round) {
  const { processes } = contender;
  const store = `127.0.0.1:${await freePort()}`;
  const { directory, ...job } = cohort;
  const ranks = await Promise.all(
    Array.from({ length: processes }, (_, rank) =>
      answerOf({
        ...job,
        runDir: join(directory, `${processes}-${round}`),
        config: {
          ...{ network, batchSize, roisPerBatch, device: 'cpu', intraReduction: 'mean' },
          ...{
            threads: threads / processes,
            maxSteps: steps,
            evaluateEvery: steps,
            evaluatePatchesPerLesion: 1,
          },
        },
        distributed: processes > 1 && { rank, worldSize: processes, store },
      }),
    ),
  );
  const [{ seconds, losses }] = ranks;
  contender.seconds.push(...seconds.slice(1));
  contender.losses = losses;
  const bytes = ranks.reduce((sum, { peak }) => sum + peak, 0);
  contender.memoryBytes = Math.max(contender.memoryBytes, bytes);
  const latest = seconds.map((value) => value.toFixed(2)).join(' ');
  process.stderr.write(`${contender.name}: ${latest} s\n`);
}

function answerOf(job) {
  const child = fork(script, { env: { ...process.env, OMP_NUM_THREADS: String(threads) } });
  child.send(job);
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('close', (code, signal) => reject(new Error(`a process ended: ${signal ?? code}`)));
  });
}

function difference([a], [b]) {
  return Math.abs(a - b) / Math.abs(a);
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
