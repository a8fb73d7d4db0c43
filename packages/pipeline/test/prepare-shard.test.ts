import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { pseudonym, readPrepared, writeVolume } from '../src/index.js';
import { abdomen, preparableCohorts, temporaryFolder } from './cohort.js';

let cohort: ReturnType<typeof preparableCohorts>;
beforeAll(async () => {
  cohort = preparableCohorts(await temporaryFolder());
});
const part = (index: number, count = 2) => ({ shard: { index, count } });
const ids = ['a', 'b', 'c', 'd', 'e'];

describe('prepare in parts', () => {
  it('run at the same time, then put together, is prepare', async () => {
    const { out, prepare } = await cohort(ids);
    const parts = await Promise.all([prepare(part(1)), prepare(part(2))]);
    expect(parts.map(({ prepared, samples }) => [prepared, samples])).toEqual([
      [3, 3],
      [2, 2],
    ]);
    // Without the index nobody can take a part for the cohort.
    await expect(readPrepared(out)).rejects.toMatchObject({ code: 'IO_ERROR' });
    expect(await prepare()).toMatchObject({ prepared: 0, reused: 5, samples: 5 });
    const together = await readFile(join(out, 'index.json'), 'utf8');
    await rm(out, { recursive: true });
    await prepare();
    expect(together).toBe(await readFile(join(out, 'index.json'), 'utf8'));
  });

  it('a part that is run again does nothing, and one that was not run is made up for', async () => {
    const { out, prepare } = await cohort(ids);
    await prepare(part(2));
    expect(await prepare(part(2))).toMatchObject({ prepared: 0, reused: 2 });
    expect(await prepare()).toMatchObject({ prepared: 3, reused: 2, samples: 5 });
    // Nothing is out of date, so the index may stay.
    await prepare(part(1));
    expect((await readPrepared(out)).index.samples).toHaveLength(5);
  });

  it('a part with changed cases withdraws the index, and leaves the others’ files alone', async () => {
    const { root, out, prepare, dataset } = await cohort(ids);
    await prepare();
    const image = dataset.cases[0]?.phases.PV;
    await writeVolume(join(root, String(image)), abdomen(77));
    await mkdir(join(out, 'cases'), { recursive: true });
    await writeFile(join(out, 'cases', '0123456789ab.safetensors'), 'of another part');
    expect(await prepare(part(1))).toMatchObject({ prepared: 1, reused: 2 });
    expect(existsSync(join(out, 'index.json'))).toBe(false);
    for (const name of ['0123456789ab', pseudonym('b')])
      expect(existsSync(join(out, 'cases', `${name}.safetensors`))).toBe(true);
  });

  it('is refused where there is no such part', async () => {
    const { prepare } = await cohort(['a']);
    await expect(prepare(part(3))).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });
});
