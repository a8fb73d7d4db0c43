// Solves a random walk of 128 x 128 x 32 with two labels to a relative residual of 1e-6, against scikit-image in its best
// mode (cg_mg with pyamg), and answers stroke after stroke on 96 x 96 x 24. See docs/results/random-walk.md.
//
//   node bench/random-walk.mjs [--quick] [--repeats N] [--threads N] [--json FILE] [--markdown FILE]
//
// Each contender is a process of its own in every round; loading and reading are not timed. FLC_PYTHON names an
// interpreter that has scikit-image and pyamg.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RandomWalk, randomWalker } from '@flc-native/imaging';
import { randomStream } from '@flc-native/pipeline';
import { median } from './lib/measure.mjs';
import { readOptions } from './lib/options.mjs';
import { randomWalkTables } from './lib/random-walk-tables.mjs';

const options = readOptions({ markdown: { type: 'string' } });
const { repeats: rounds, threads } = options;
const problem = { beta: 130, tolerance: 1e-6, threads };
/** Standard deviation of the noise; the ball is 1, the rest 0. */
const noise = 0.2;
const large = options.quick ? [32, 32, 8] : [128, 128, 32];
const crop = options.quick ? [32, 32, 8] : [96, 96, 24];

const run = promisify(execFile);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const contenders = [
  { name: 'flc-native', command: [process.execPath, here('lib/random-walk-process.mjs')] },
  {
    name: 'scikit-image cg_mg',
    command: [process.env.FLC_PYTHON ?? 'python3', here('peer/random_walk_peer.py')],
    mode: 'cg_mg',
  },
];

const folder = await mkdtemp(join(tmpdir(), 'flc-bench-random-walk-'));
try {
  const { image, seeds } = noisyBall(large);
  await writeFile(join(folder, 'problem.json'), JSON.stringify({ ...problem, size: large }));
  await writeFile(join(folder, 'image.f32'), image);
  await writeFile(join(folder, 'seeds.i32'), seeds);
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of contenders) await measure(contender);
  }
  const [ours, peer] = contenders.map(summary);
  const result = {
    quick: options.quick,
    problem: { ...problem, size: large, labels: 2, noise },
    rounds,
    contenders: [ours, peer],
    ratio: peer.median === null ? null : round(peer.median / ours.median, 1),
    agreement: peer.median === null ? null : await agreement(seeds),
    stroke: await oneMoreStroke(),
    targets: { ratio: 3, strokeMilliseconds: 200, equalLabels: 0.999, probability: 1e-4 },
    machine: { processor: cpus()[0]?.model, cores: cpus().length, node: process.version },
  };
  const tables = randomWalkTables(result);
  process.stdout.write(`${tables}\n`);
  if (options.json) await writeFile(options.json, `${JSON.stringify(result, null, 1)}\n`);
  if (options.markdown) await writeFile(options.markdown, `${tables}\n`);
  const { agreement: found, targets } = result;
  const wrong =
    found !== null &&
    (found.equalLabels < targets.equalLabels || found.largestDifference > targets.probability);
  if (wrong) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** A ball of value 1 in 0 with normal noise; strokes of five voxels in the middle and on three sides. */
function noisyBall([nx, ny, nz]) {
  const random = randomStream(1, 'noisy ball');
  const image = new Float32Array(nx * ny * nz);
  const seeds = new Int32Array(image.length);
  const away = (at, n) => ((at - (n - 1) / 2) / (0.19 * n)) ** 2;
  for (let z = 0, i = 0; z < nz; z += 1) {
    for (let y = 0; y < ny; y += 1) {
      for (let x = 0; x < nx; x += 1, i += 1) {
        const inside = away(x, nx) + away(y, ny) + away(z, nz) * 0.45 < 1;
        image[i] = (inside ? 1 : 0) + noise * random.normal();
      }
    }
  }
  const middle = (Math.floor(nz / 2) * ny + Math.floor(ny / 2)) * nx + Math.floor(nx / 2);
  const far = Math.floor(0.42 * nx);
  for (let k = -2; k <= 2; k += 1) {
    seeds[middle + k] = 1;
    seeds[middle - far + k * nx] = 2;
    seeds[middle + far + k * nx] = 2;
    seeds[middle - Math.floor(0.42 * ny) * nx + k] = 2;
  }
  return { image, seeds };
}

async function measure(contender) {
  if (contender.reason !== undefined) return;
  const [program, ...args] = contender.command;
  try {
    const { stdout } = await run(program, [...args, folder, contender.mode ?? ''], {
      env: { ...process.env, OMP_NUM_THREADS: String(threads) },
    });
    const answer = JSON.parse(stdout);
    contender.answers = [...(contender.answers ?? []), answer];
    process.stderr.write(`${contender.name}: ${answer.seconds.toFixed(2)} s\n`);
  } catch (error) {
    if (contender === contenders[0]) throw error;
    contender.reason = String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .at(-1);
  }
}

function summary({ name, answers, reason }) {
  if (answers === undefined) return { name, median: null, reason };
  const seconds = answers.map((answer) => round(answer.seconds, 3));
  const { versions, iterations, residual } = answers[0];
  return {
    name,
    seconds,
    median: median(seconds),
    peakMiB: Math.round(Math.max(...answers.map((answer) => answer.peakBytes)) / 2 ** 20),
    ...(versions === undefined ? { iterations, residual } : { versions }),
  };
}

/** How the last answers of both agree, off the seeds. */
async function agreement(seeds) {
  const read = async (name) =>
    new Float32Array(new Uint8Array(await readFile(join(folder, name))).buffer);
  const [ours, peer] = [await read('ours.f32'), await read('peer.f32')];
  let [largest, equal, count] = [0, 0, 0];
  ours.forEach((p, i) => {
    if (seeds[i] !== 0) return;
    largest = Math.max(largest, Math.abs(p - peer[i]));
    equal += p >= 0.5 === peer[i] >= 0.5 ? 1 : 0;
    count += 1;
  });
  return {
    equalLabels: round(equal / count, 6),
    largestDifference: Number(largest.toPrecision(2)),
  };
}

/**
 * Milliseconds from one more stroke of five voxels to the new answer, at several places: from a session that answered the
 * strokes before, from the answer before alone, and from nothing.
 */
async function oneMoreStroke() {
  const { image, seeds } = noisyBall(crop);
  const walk = { images: [image], size: crop, labels: 2, ...problem };
  const timed = async (solve) => {
    const started = performance.now();
    const answer = await solve();
    return { ...answer, milliseconds: performance.now() - started };
  };
  const session = await RandomWalk.create(walk);
  let before = await session.solve(seeds);
  const answers = { session: [], warm: [], cold: [] };
  const random = randomStream(2, 'strokes');
  let largest = 0;
  for (let k = 0; k < 4 * rounds; k += 1) {
    const at = Math.floor(random.uniform(0.2, 0.8) * image.length);
    const label = before.labels[at];
    const stroke = [-2, -1, 0, 1, 2].map((step) => at + step);
    const { probabilities: warmStart } = before;
    for (const voxel of stroke) seeds[voxel] = label;
    before = await timed(() => session.addSeeds(label, stroke));
    const warm = await timed(() => randomWalker({ ...walk, seeds, warmStart }));
    const cold = await timed(() => randomWalker({ ...walk, seeds }));
    answers.session.push(before);
    answers.warm.push(warm);
    answers.cold.push(cold);
    cold.probabilities.forEach((p, i) => {
      largest = Math.max(largest, Math.abs(p - before.probabilities[i]));
    });
  }
  session.close();
  const facts = (list) => ({
    medianMilliseconds: Math.round(median(list.map(({ milliseconds }) => milliseconds))),
    worstMilliseconds: Math.round(Math.max(...list.map(({ milliseconds }) => milliseconds))),
    medianIterations: median(list.map(({ iterations }) => iterations)),
    reused: list.filter(({ reused }) => reused).length,
  });
  return {
    size: crop,
    strokes: answers.session.length,
    ...Object.fromEntries(Object.entries(answers).map(([name, list]) => [name, facts(list)])),
    largestDifference: Number(largest.toPrecision(2)),
  };
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}
