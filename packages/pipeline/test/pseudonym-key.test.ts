import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  caseByPseudonym,
  createPseudonymKey,
  prepareDataset,
  pseudonym,
  readDataset,
  readPrepared,
  readPseudonymKey,
  splitByPatient,
} from '../src/index.js';
import { temporaryFolder, writeCohort } from './cohort.js';

const hex = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';

describe('keyed pseudonyms', () => {
  // printf 'Jane Roe' | openssl dgst -sha256 -mac HMAC -macopt hexkey:<hex> | cut -c1-12
  it('are the HMAC-SHA-256 under the key', async () => {
    const file = join(await temporaryFolder(), 'pseudonym.key');
    await writeFile(file, `${hex}\n`);
    expect(pseudonym('Jane Roe', await readPseudonymKey(file))).toBe('6ee040969159');
    expect(pseudonym('Jane Roe')).toBe('9231c165fcf6');
  });

  it('have a key that is written once, for the owner alone', async () => {
    const file = join(await temporaryFolder(), 'deeper', 'pseudonym.key');
    const key = await createPseudonymKey(file);
    expect(key).toHaveLength(32);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await createPseudonymKey(file)).toEqual(key);
    expect(await readFile(file, 'utf8')).toMatch(/^[0-9a-f]{64}\n$/);
  });

  it.each([['short'], ['x'.repeat(5000)]])('refuse a key that is none (%#)', async (content) => {
    const file = join(await temporaryFolder(), 'pseudonym.key');
    await writeFile(file, content);
    await expect(readPseudonymKey(file)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      details: { file },
    });
  });

  it('stop where the key is lost', async () => {
    const file = await writeCohort(await temporaryFolder(), [{ id: 'a' }], (dataset) => {
      dataset.pseudonymKey = 'lost.key';
    });
    await expect(readDataset(file)).rejects.toMatchObject({
      code: 'IO_ERROR',
      remedy: expect.stringContaining('your copy'),
    });
  });

  it('name the cases of a prepared cohort, and the fixed lists of a split', async () => {
    const root = await temporaryFolder();
    const key = await createPseudonymKey(join(root, 'pseudonym.key'));
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const cases = ids.map((id, i) => ({ id, class: i < 3 ? 'hcc' : 'cyst' }));
    const file = await writeCohort(root, cases, (dataset) => {
      dataset.pseudonymKey = 'pseudonym.key';
    });
    const dataset = await readDataset(file);
    const out = join(root, 'prepared');
    expect((await prepareDataset(dataset, out, { workers: 0 })).failed).toEqual([]);
    const { index } = await readPrepared(out);
    expect(index.cases.map(({ caseId }) => caseId)).toEqual(ids.map((id) => pseudonym(id, key)));
    expect(caseByPseudonym(dataset, pseudonym('b', key))?.id).toBe('b');
    expect(caseByPseudonym(dataset, pseudonym('b'))).toBeUndefined();
    const text = await readFile(join(out, 'index.json'), 'latin1');
    expect(text).not.toContain(Buffer.from(key).toString('hex'));
    const lists = { train: ['a', 'd'], val: ['b', 'e'], test: ['patient of c', 'f'] };
    const fixed = splitByPatient(index.samples, { fixed: lists, pseudonymKey: key });
    expect(fixed.partitions[0]?.test).toContain(pseudonym('patient of c', key));
    expect(() => splitByPatient(index.samples, { fixed: lists })).toThrow(/no patient or case/);
  });
});
