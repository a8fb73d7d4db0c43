import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatePhantom, readDataset, registerDataset } from '@flc-native/pipeline';

const size = [160, 128, 24];

/** Seconds for the same cohort with one worker and with two, and how much of the machine others used meanwhile. */
export async function measureWorkers(folder) {
  const source = join(folder, 'cohort');
  const { datasetFile } = await generatePhantom({ out: source, lesions: 4, seed: 21, size });
  const dataset = await readDataset(datasetFile);
  const run = async (workers) => {
    const busyBefore = await busySeconds();
    const own = process.cpuUsage();
    const report = await registerDataset(dataset, join(folder, `by-${workers}`), { workers });
    if (report.failed.length > 0) throw report.failed[0].error;
    const { user, system } = process.cpuUsage(own);
    const others = (await busySeconds()) - busyBefore - (user + system) / 1e6;
    return { seconds: report.seconds, others: others / report.seconds };
  };
  const one = await run(1);
  const two = await run(2);
  return {
    pairs: 2 * dataset.cases.length,
    size,
    one: Number(one.seconds.toFixed(1)),
    two: Number(two.seconds.toFixed(1)),
    ratio: Number((one.seconds / two.seconds).toFixed(2)),
    busyCores: Number(Math.max(0, one.others, two.others).toFixed(2)),
  };
}

/** Seconds that all cores together have worked since the machine started (Linux). */
async function busySeconds() {
  const [line] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const [, user, nice, system] = line.trim().split(/\s+/).map(Number);
  return (user + nice + system) / 100;
}
