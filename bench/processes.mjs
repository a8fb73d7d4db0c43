/**
 * Claim: training in 2 Gloo processes with 1 thread each has at least 0.9 times the throughput of 1 process with 2 threads, on the
 * same batches: 100 patches of 10 ROIs, the paper's network, float32. `node bench/processes.mjs [--quick] [--repeats N] [--json FILE]`
 */
import { median } from './lib/measure.mjs';
import { readOptions } from './lib/options.mjs';
import { publish } from './lib/print.mjs';
import { measureProcesses } from './lib/processes.mjs';

const options = readOptions();
const threads = Math.max(2, options.threads);
const [batchSize, rois] = options.quick ? [12, 4] : [100, 10];
const contenders = [
  { name: `1 process, ${threads} threads`, processes: 1 },
  { name: `${threads} processes, 1 thread`, processes: threads },
].map((contender) => ({ ...contender, seconds: [], losses: [], memoryBytes: 0 }));

for (let round = 0; round < options.repeats; round += 1) {
  for (const contender of contenders) {
    const { processes } = contender;
    const run = await measureProcesses({ processes, threads, options });
    contender.seconds.push(...run.seconds);
    contender.losses = run.losses;
    contender.memoryBytes = Math.max(contender.memoryBytes, run.memoryBytes);
    const latest = run.seconds.map((value) => value.toFixed(2)).join(' ');
    process.stderr.write(`${contender.name}: ${latest} s\n`);
  }
}
const [alone, together] = contenders;
publish(
  {
    title: `Training step of ${batchSize} patches of ${rois} ROIs in processes, CPU`,
    unit: { name: 'patches', count: batchSize },
    results: contenders.map((contender) => ({ ...contender, median: median(contender.seconds) })),
    missing: [],
    checks: [
      // The same batch, but batch normalization over half of it.
      {
        name: 'first loss, relative',
        value: Math.abs(alone.losses[0] - together.losses[0]) / Math.abs(alone.losses[0]),
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
