// Registers phantom phases whose true displacement is known: error in mm before and after, folding, time and memory of a
// pair. See docs/results/registration.md.
//
//   node bench/registration.mjs [--quick] [--json FILE] [--markdown FILE] [--pairs N] [--method bspline] [--skip-cost] [--workers] [--sets fresh,unseen]
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { resolveRegistration } from '@flc-native/pipeline';
import { readOptions } from './lib/options.mjs';
import { distance, phantomPairs, quantile, writePair } from './lib/registration-pairs.mjs';
import { registrationTables } from './lib/registration-tables.mjs';
import { measureWorkers } from './lib/registration-workers.mjs';

const options = readOptions({
  markdown: { type: 'string' },
  pairs: { type: 'string' },
  method: { type: 'string', default: 'bspline' },
  'skip-cost': { type: 'boolean', default: false },
  workers: { type: 'boolean', default: false },
  sets: { type: 'string' },
});

/** Pairs are counted only from this median displacement on: what stays after registration does not depend on it. */
const least = 3;
/** What is asked of registration on phantoms; seconds of CPU. */
const targets = {
  meanFallPercent: 70,
  worstFallPercent: 60,
  medianMm: 1.5,
  p95Mm: 3,
  folded: 0,
  seconds: 30,
  peakMiB: 300,
};
const count = Number(options.pairs ?? (options.quick ? 1 : 24));

/**
 * Accuracy. `wide` is the set on which the default parameters were chosen, `fresh` and `unseen` the same with patients that had
 * no part in it; `narrow` has the generator's own field of view and motion.
 */
const wide = { size: [160, 128, 24], spacing: [1.5, 1.5, 5], motion: 2 };
const sets = [
  { name: 'wide', what: '1.5 x 1.5 x 5 mm, twice the motion', seed: 12, ...wide },
  { name: 'fresh', what: 'as wide, other patients', seed: 14, ...wide },
  { name: 'unseen', what: 'as wide, patients of yet another seed', seed: 23, ...wide },
  {
    name: 'narrow',
    what: '0.57-0.89 mm, 5-7 mm slices',
    seed: 11,
    size: [160, 128, 24],
  },
];
const chosen = sets.filter(({ name }) => options.sets?.split(',').includes(name) ?? true);
/** Time and memory of other sizes. */
const sizes = [
  { name: '128 x 128 x 32', seed: 13, size: [128, 128, 32], spacing: [1.5, 1.5, 4], motion: 2 },
  { name: '512 x 512 x 60', seed: 13, size: [512, 512, 60], spacing: [0.75, 0.75, 2.5], motion: 2 },
];

const folder = await mkdtemp(join(tmpdir(), 'flc-bench-registration-'));
const loadBefore = loadavg()[0];
let result;
try {
  const cost = [];
  for (const { name, ...set } of options.quick || options['skip-cost'] ? [] : sizes) {
    for (const pair of phantomPairs(set, 2, least)) {
      cost.push({ name, ...(await measurePair(pair)).measured });
    }
  }
  const accuracy = [];
  await write({ cost, accuracy, workers: null });
  for (const set of options.quick ? sets.slice(0, 1) : chosen) {
    const shown = options.quick ? { ...set, size: [96, 96, 16] } : set;
    const pairs = [];
    const errors = [];
    for (const pair of phantomPairs(shown, count, least)) {
      const { measured, after } = await measurePair(pair);
      pairs.push(measured);
      errors.push(...after);
    }
    const { name, what } = set;
    const pooled = rounded({ median: quantile(errors, 0.5), p95: quantile(errors, 0.95) });
    accuracy.push({ name, what, size: shown.size, pooled, ...summary(pairs), pairs });
    // A run of an hour that is stopped keeps the sets that are done.
    await write({ cost, accuracy, workers: null });
  }
  if (options.workers) await write({ cost, accuracy, workers: await measureWorkers(folder) });
  process.stdout.write(`${registrationTables(result)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function write({ accuracy, cost, workers }) {
  result = {
    method: options.method,
    settings: resolveRegistration(),
    quick: options.quick,
    least,
    targets,
    accuracy,
    cost,
    workers,
    machine: {
      processor: cpus()[0]?.model,
      cores: cpus().length,
      node: process.version,
      loadBefore: Number(loadBefore.toFixed(2)),
    },
  };
  if (options.json) await writeFile(options.json, `${JSON.stringify(result, null, 1)}\n`);
  if (options.markdown) await writeFile(options.markdown, `${registrationTables(result)}\n`);
}

async function measurePair(pair) {
  const place = join(folder, 'pair');
  await rm(place, { recursive: true, force: true });
  await writePair(place, pair);
  const child = fileURLToPath(new URL('lib/register-process.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [child, place, options.method], {
    maxBuffer: 2 ** 28,
  });
  const { seconds, cpuSeconds, peakBytes, quality, places } = JSON.parse(stdout);
  const after = places.map((point, i) => distance(point, pair.truth[i]));
  const median = { before: quantile(pair.before, 0.5), after: quantile(after, 0.5) };
  const measured = {
    pair: pair.name,
    points: after.length,
    median: rounded(median),
    p95: rounded({ before: quantile(pair.before, 0.95), after: quantile(after, 0.95) }),
    fallPercent: round(100 * (1 - median.after / median.before), 1),
    leastDeterminant: round(quality.jacobian.min, 3),
    folded: quality.jacobian.folded,
    dice: quality.overlap.map(({ before, after: moved }) => rounded({ before, after: moved }))[0],
    normalisedMutualInformation: rounded(quality.normalisedMutualInformation, 4),
    warnings: quality.warnings,
    seconds: round(seconds, 1),
    cpuSeconds: round(cpuSeconds, 1),
    peakMiB: Math.round(peakBytes / 2 ** 20),
  };
  process.stderr.write(
    `${pair.name}: ${measured.median.before} -> ${measured.median.after} mm (${measured.fallPercent} %), ${measured.cpuSeconds} s, ${measured.peakMiB} MiB\n`,
  );
  return { measured, after };
}

function summary(pairs) {
  const of = (pick) => pairs.map(pick);
  return {
    meanMedian: rounded({
      before: mean(of((p) => p.median.before)),
      after: mean(of((p) => p.median.after)),
    }),
    worstMedian: Math.max(...of((p) => p.median.after)),
    withinMedian: pairs.filter((p) => p.median.after <= targets.medianMm).length,
    worstP95: Math.max(...of((p) => p.p95.after)),
    meanFallPercent: round(mean(of((p) => p.fallPercent)), 1),
    worstFallPercent: Math.min(...of((p) => p.fallPercent)),
    leastDeterminant: Math.min(...of((p) => p.leastDeterminant)),
    folded: of((p) => p.folded).reduce((sum, n) => sum + n, 0),
    cpuSeconds: rounded({
      mean: mean(of((p) => p.cpuSeconds)),
      max: Math.max(...of((p) => p.cpuSeconds)),
    }),
    seconds: rounded({ mean: mean(of((p) => p.seconds)), max: Math.max(...of((p) => p.seconds)) }),
    peakMiB: Math.max(...of((p) => p.peakMiB)),
  };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function round(value, digits = 2) {
  return Number(value.toFixed(digits));
}

function rounded(values, digits = 2) {
  return Object.fromEntries(Object.entries(values).map(([key, v]) => [key, round(v, digits)]));
}
