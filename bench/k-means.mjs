// k-means on 120,000 patches of 147 values with 256 words: Lloyd's iterations from the same start. Claim: at least as
// fast as scikit-learn.
//
//   node bench/k-means.mjs [--quick] [--repeats N] [--threads N] [--iterations N] [--json results.json]
//
// Each contender is a process of its own in every round; reading the data and loading modules is no part of its time,
// centring the data is. Both work in float32 and stop after the same number of iterations. The peer is left out where
// FLC_PYTHON (or python3) names no interpreter that has scikit-learn. A wrong sum of squares is exit code 1.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { randomStream } from '@flc-native/pipeline';
import { median } from './lib/measure.mjs';
import { readOptions } from './lib/options.mjs';

const options = readOptions({ iterations: { type: 'string', default: '20' } });
const [count, dimensions, words] = options.quick ? [4000, 147, 32] : [120_000, 147, 256];
const rounds = options.repeats;

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const contenders = [
  { name: 'flc-native', command: [process.execPath, here('lib/k-means-process.mjs')], answers: [] },
  {
    name: 'scikit-learn',
    command: [process.env.FLC_PYTHON ?? 'python3', here('peer/k_means_peer.py')],
    answers: [],
  },
];

const folder = await mkdtemp(join(tmpdir(), 'flc-bench-k-means-'));
try {
  const data = patches();
  const start = Float32Array.from({ length: words * dimensions }, (_, i) => {
    const vector = Math.floor(((Math.floor(i / dimensions) + 0.5) * count) / words);
    return data[vector * dimensions + (i % dimensions)];
  });
  await writeFile(join(folder, 'data.bin'), data);
  await writeFile(join(folder, 'start.bin'), start);
  const { iterations } = options;
  const threads = String(options.threads);
  const env = { ...process.env, OMP_NUM_THREADS: threads, OPENBLAS_NUM_THREADS: threads };
  const args = [folder, String(dimensions), iterations, threads];
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) await measure(contender, args, env);
  }
  publish();
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Vectors with as much structure as patches have: sums of few patterns, and noise. */
function patches() {
  const random = randomStream(1, 'patches');
  const patterns = Array.from({ length: 20 * dimensions }, () => random.normal(0, 20));
  const vectors = new Float32Array(count * dimensions);
  for (let vector = 0; vector < count; vector += 1) {
    const weights = Array.from({ length: 20 }, () => random.normal());
    for (let d = 0; d < dimensions; d += 1) {
      let value = 80 + random.normal(0, 15);
      for (let k = 0; k < 20; k += 1) value += weights[k] * patterns[k * dimensions + d];
      vectors[vector * dimensions + d] = value;
    }
  }
  return vectors;
}

async function measure(contender, args, env) {
  if (contender.missing !== undefined) return;
  const [program, ...before] = contender.command;
  try {
    const { stdout } = await run(program, [...before, ...args], { env });
    const answer = JSON.parse(stdout);
    contender.answers.push(answer);
    process.stderr.write(`${contender.name}: ${answer.seconds.toFixed(2)} s\n`);
  } catch (error) {
    // A peer may be absent; we may not.
    if (contender === contenders[0]) throw error;
    contender.missing = 'it cannot be started here';
  }
}

function publish() {
  const rows = contenders.map(({ name, answers, missing }) => {
    if (answers.length === 0) return { name, seconds: null, reason: missing };
    const seconds = answers.map((answer) => answer.seconds);
    const { inertia, iterations } = answers[0];
    return { name, seconds: median(seconds), best: Math.min(...seconds), inertia, iterations };
  });
  const [ours, peer] = rows;
  const measured = peer.seconds !== null;
  const difference = measured ? Math.abs(ours.inertia / peer.inertia - 1) : null;
  const result = {
    machine: { processor: cpus()[0]?.model, threads: options.threads },
    vectors: count,
    dimensions,
    words,
    rounds,
    contenders: rows,
    // Rounding moves a vector now and then to its second nearest centre, and twenty iterations carry that on.
    check: { name: 'relative difference of the sums of squares', value: difference, limit: 1e-3 },
    claim: { ratio: measured ? peer.seconds / ours.seconds : null, atLeast: 1 },
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  process.stdout.write(text);
  if (options.json !== undefined)
    return writeFile(options.json, text).then(() => checkExit(result));
  return checkExit(result);
}

function checkExit({ check }) {
  if (check.value !== null && !(check.value <= check.limit)) process.exitCode = 1;
}
