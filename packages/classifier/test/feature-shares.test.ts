import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FeatureFiles } from '../src/feature-files.js';
import { lesionFeatures } from '../src/lesion-features.js';
import { lesionsOf } from '../src/lesions.js';
import { cohortInMemory } from './cohort-in-memory.js';
import { fakeNetwork } from './fake-network.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'flc-shares-'));
});
afterEach(() => rm(root, { recursive: true }));

const prepared = cohortInMemory(
  [0, 1, 2, 3, 2].map((value, i) => ({ patientId: `p${i}`, class: 'cyst', value })),
);
const lesions = lesionsOf(prepared.index.samples);
const network = () => fakeNetwork(4, (row, _column, image) => ((image[0] ?? 0) + (row % 2)) % 4);

function run(index: number, count: number, own = network(), patienceSeconds = 30) {
  return lesionFeatures(async () => own, prepared, lesions, {
    ...{ numClasses: 4, pace: 1, hasPatches: true, runDir: root },
    key: { weights: 'a', labelMapPace: 1, dataHash: 'b' },
    share: { index, count, patienceSeconds },
  });
}

it('gives one process and three the same features', async () => {
  const networks = [network(), network(), network()];
  const [all] = await Promise.all(networks.map((own, index) => run(index, 3, own)));
  const file = join(root, 'features.jsonl');
  const [together, names] = [await readFile(file, 'utf8'), await readdir(root)];
  expect(networks.map(({ requests }) => requests.flatMap(({ samples }) => samples).length)).toEqual(
    [2, 2, 1],
  );
  expect(names).toEqual(['features.jsonl']);
  await rm(file);
  expect(await run(0, 1)).toEqual(all);
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');
  expect(lines(together)).toEqual(lines(await readFile(file, 'utf8')));
});

it('does the lesions of a process that gives no sign', async () => {
  const own = network();
  expect((await run(0, 2, own, 0.05)).size).toBe(lesions.length);
  expect(own.requests.flatMap(({ samples }) => samples)).toHaveLength(lesions.length);
});

it('goes on with another number of processes', async () => {
  await run(1, 2);
  const own = network();
  expect((await run(0, 1, own)).size).toBe(lesions.length);
  expect(own.requests.flatMap(({ samples }) => samples)).toHaveLength(3);
});

it('leaves nothing behind when a process is late', async () => {
  const late = new FeatureFiles(root, { weights: 'a' }, 1);
  await late.begin();
  await late.append('one', [1]);
  const first = new FeatureFiles(root, { weights: 'a' }, 0);
  await first.merge(['one'], await first.read());
  await late.append('two', [2]);
  expect(await readdir(root)).toEqual(['features.jsonl']);
});
