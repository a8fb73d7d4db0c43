// Prepares a cohort once into a fresh folder and prints the time and the memory it took, as JSON.
//
//   node bench/prepare.mjs [--quick] [--data FOLDER] [--workers N] [--copies N] [--json FILE]
//
// --data is a folder with a dataset.yaml; without it 48 phantoms are rendered first. --copies (10, and 1 with --data) lists every case N times under new names: 48 phantoms stand for 480 without an hour of
// rendering. Reading, cutting and writing are the same as for distinct files, only the page cache
// is warmer. Peak memory is that of the whole process, worker threads included.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePhantom, prepareDataset, readDataset } from '@flc-native/pipeline';
import { readOptions } from './lib/options.mjs';

const values = readOptions({
  data: { type: 'string' },
  workers: { type: 'string' },
  copies: { type: 'string' },
});
const scratch = await mkdtemp(join(tmpdir(), 'flc-bench-prepare-'));
const folder = values.data ?? join(scratch, 'phantoms');
if (values.data === undefined) {
  const size = values.quick ? { lesions: 4, size: [96, 96, 12] } : { lesions: 48 };
  await generatePhantom({ out: folder, seed: 1, ...size });
}

const dataset = await readDataset(join(folder, 'dataset.yaml'));
const copies = Number(values.copies ?? (values.data === undefined && !values.quick ? 10 : 1));
const cases = dataset.cases.flatMap((entry) =>
  Array.from({ length: copies }, (_, i) => ({
    ...entry,
    id: `${entry.id}#${i}`,
    patient: `${entry.patient}#${i}`,
  })),
);
const workers = values.workers === undefined ? availableParallelism() : Number(values.workers);
const out = join(scratch, 'prepared');
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
  const text = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(text);
  if (values.json !== undefined) await writeFile(values.json, text);
} finally {
  await rm(scratch, { recursive: true, force: true });
}
