/**
 * Claim: training on 480 lesions holds at most 4.5 GiB of main memory over libtorch's own on the CPU (float32, 100 patches of 10
 * ROIs, the paper's network), and at most 1.5 GiB on a GPU. libtorch's own is the peak of a process that loads it and trains one
 * step of a tiny network on four lesions. The lesions are noise: **synthetic**.
 * `node bench/memory.mjs [--device cuda:0] [--quick] [--json FILE]`
 */
import { join } from 'node:path';
import { paperNetwork, quickNetwork } from './lib/case.mjs';
import { gpuOrPlumbing } from './lib/gpu.mjs';
import { median } from './lib/measure.mjs';
import { readOptions } from './lib/options.mjs';
import { publish } from './lib/print.mjs';
import { trainInProcess } from './lib/processes.mjs';
import { writeTrainingCohort } from './lib/training-cohort.mjs';

const options = readOptions();
const { device, gpu } = options.device ? gpuOrPlumbing(options) : { device: 'cpu', gpu: null };
const target = device === 'cpu' ? 4.5 : 1.5;
const lesions = options.quick ? 16 : 480;
const tiny = {
  ...{ network: quickNetwork, batchSize: 4, roisPerBatch: 2, maxSteps: 1, evaluateEvery: 1 },
};
const full = {
  ...{ network: paperNetwork, batchSize: 100, roisPerBatch: 10, maxSteps: 3, evaluateEvery: 3 },
};
const runs = [
  { name: 'libtorch and a tiny step', lesions: 8, config: tiny },
  { name: `float32, ${lesions} lesions`, lesions, config: full, precision: 'float32' },
  { name: `bf16, ${lesions} lesions`, lesions, config: full, precision: 'bf16' },
];

const results = [];
let notFinite = 0;
for (const { name, lesions: count, config, precision = 'float32' } of runs) {
  const { directory, ...job } = await writeTrainingCohort({ lesions: count, side: 40, seed: 1 });
  const answer = await trainInProcess(
    {
      ...job,
      runDir: join(directory, 'run'),
      config: {
        ...{ intraReduction: 'mean', evaluatePatchesPerLesion: 1, threads: options.threads },
        ...(options.quick ? tiny : config),
        ...{ device, precision },
      },
      distributed: false,
    },
    options.threads,
  );
  process.stderr.write(`${name}: ${(answer.peak / 2 ** 30).toFixed(2)} GiB\n`);
  const { seconds, losses, peak } = answer;
  notFinite += losses.filter((loss) => !Number.isFinite(loss)).length;
  results.push({ name, seconds, median: median(seconds), memoryBytes: peak });
}
const [base, ...trained] = results;
publish(
  {
    title: `Main memory of training, ${device === 'cpu' ? 'CPU' : 'GPU'}`,
    results,
    missing: [],
    checks: [{ name: 'losses that are not finite', value: notFinite, limit: 0 }],
    claims: trained.map(({ name, memoryBytes }) => ({
      name: `GiB over libtorch, ${name}`,
      value: (memoryBytes - base.memoryBytes) / 2 ** 30,
      ...{ target, atMost: true },
    })),
  },
  // Memory does not depend on the moment: each run is made once.
  { ...options, repeats: 1 },
  undefined,
  gpu,
);
