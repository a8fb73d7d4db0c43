// Solves the random walk in a folder; prints seconds and peak memory as JSON, writes the probabilities of label 1.
//
//   node bench/lib/random-walk-process.mjs <folder>
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomWalker } from '@flc-native/imaging';

const folder = process.argv[2];
const { size, beta, tolerance, threads } = JSON.parse(
  readFileSync(join(folder, 'problem.json'), 'utf8'),
);
const bytes = (name) => new Uint8Array(readFileSync(join(folder, name))).buffer;
const walk = {
  images: [new Float32Array(bytes('image.f32'))],
  seeds: new Int32Array(bytes('seeds.i32')),
  ...{ size, labels: 2, beta, tolerance, threads },
};
const started = performance.now();
const { probabilities, iterations, residual } = await randomWalker(walk);
const seconds = (performance.now() - started) / 1000;
writeFileSync(join(folder, 'ours.f32'), probabilities.subarray(0, probabilities.length / 2));
const peakBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ seconds, peakBytes, iterations, residual })}\n`);
