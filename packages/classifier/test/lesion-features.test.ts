import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lesionFeatures } from '../src/lesion-features.js';
import { lesionsOf } from '../src/lesions.js';
import { cohortInMemory } from './cohort-in-memory.js';
import { fakeNetwork } from './fake-network.js';

let runDir: string;
beforeEach(async () => {
  runDir = await mkdtemp(join(tmpdir(), 'flc-features-'));
});
afterEach(() => rm(runDir, { recursive: true }));

const prepared = cohortInMemory(
  [0, 1, 2, 3].map((value) => ({ patientId: `p${value}`, class: 'cyst', value })),
);
const lesions = lesionsOf(prepared.index.samples);
const key = { weights: 'a', labelMapPace: 1, dataHash: 'b' };
const byValue = () => fakeNetwork(4, (_row, _column, image) => image[0] ?? 0);

const run = (network: ReturnType<typeof fakeNetwork>, changes: object = {}) =>
  lesionFeatures(async () => network, prepared, lesions, {
    numClasses: 4,
    pace: 1,
    hasPatches: true,
    runDir,
    key,
    ...changes,
  });

describe('lesionFeatures', () => {
  it('computes each lesion once and closes the network', async () => {
    const network = byValue();
    const features = await run(network);
    expect([...features.values()]).toEqual([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ]);
    expect(network.isClosed).toBe(true);
    const again = byValue();
    expect(await run(again)).toEqual(features);
    expect(again.requests).toHaveLength(0);
  });

  it('goes on after an interruption, also in the middle of a line', async () => {
    const controller = new AbortController();
    const onProgress = (done: number) => {
      if (done === 3) controller.abort();
    };
    const stopped = run(byValue(), { signal: controller.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    const file = join(runDir, 'features.jsonl');
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, -4));
    const network = byValue();
    const features = await run(network);
    expect(features.size).toBe(4);
    // Of the three that were done, the last line was cut.
    expect(network.requests.flatMap(({ samples }) => samples)).toHaveLength(2);
    const complete = byValue();
    await run(complete);
    expect(complete.requests).toHaveLength(0);
  });

  it.each([{ weights: 'other' }, { labelMapPace: 2 }, { dataHash: 'other' }])(
    'begins anew under another key %j',
    async (change) => {
      await run(byValue());
      const network = byValue();
      await run(network, { key: { ...key, ...change } });
      expect(network.requests).toHaveLength(4);
    },
  );
});
