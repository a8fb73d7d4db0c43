// Clusters the vectors in a folder; prints seconds, sum of squares and iterations as JSON.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kMeans } from '@flc-native/imaging';

const [folder, dimensions, maxIterations, threads] = process.argv.slice(2);
const read = async (name) => {
  const bytes = await readFile(join(folder, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
};
const options = {
  data: await read('data.bin'),
  dimensions: Number(dimensions),
  start: { centres: await read('start.bin') },
  maxIterations: Number(maxIterations),
  tolerance: 0,
  threads: Number(threads),
};
const started = performance.now();
const { inertia, iterations } = await kMeans(options);
const seconds = (performance.now() - started) / 1000;
process.stdout.write(JSON.stringify({ seconds, inertia, iterations }));
