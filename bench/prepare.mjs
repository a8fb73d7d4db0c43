// Prepares a cohort once into a fresh folder and prints the time and the memory it took, as JSON.
//
//   node bench/prepare.mjs <folder with dataset.yaml> [--workers N] [--copies N]
//
// --copies lists every case N times under new names: 48 phantoms stand for 480 without an hour of
// rendering. Reading, cutting and writing are the same as for distinct files, only the page cache
// is warmer. Peak memory is that of the whole process, worker threads included.
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareDataset, readDataset } from '@flc-native/pipeline';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { workers: { type: 'string' }, copies: { type: 'string', default: '1' } },
});
const [folder] = positionals;
if (folder === undefined) {
  process.stderr.write('usage: node bench/prepare.mjs <folder> [--workers N] [--copies N]\n');
  process.exit(2);
}

const dataset = await readDataset(join(folder, 'dataset.yaml'));
const copies = Number(values.copies);
const cases = dataset.cases.flatMap((entry) =>
  Array.from({ length: copies }, (_, i) => ({
    ...entry,
    id: `${entry.id}#${i}`,
    patient: `${entry.patient}#${i}`,
  })),
);
const workers = values.workers === undefined ? availableParallelism() : Number(values.workers);
const out = await mkdtemp(join(tmpdir(), 'flc-bench-prepare-'));
try {
  const cohort = { ...dataset, cases };
  const first = await prepareDataset(cohort, out, { workers });
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const second = await prepareDataset(cohort, out, { workers });
  const result = {
    cases: cases.length,
    samples: first.samples,
    failed: first.failed.length,
    workers,
    seconds: Number(first.seconds.toFixed(2)),
    casesPerSecond: Number((cases.length / first.seconds).toFixed(1)),
    peakMiB: Math.round(peakBytes / 2 ** 20),
    secondRun: { seconds: Number(second.seconds.toFixed(2)), reused: second.reused },
    limits: { seconds: 120, peakMiB: 1024, forCases: 480 },
  };
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
} finally {
  await rm(out, { recursive: true, force: true });
}
