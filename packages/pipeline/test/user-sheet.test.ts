import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { withOverride } from '../src/import/phase-overrides.js';
import { readUserSheet, withSheet } from '../src/import/user-sheet.js';
import { temporaryFolder } from './cohort.js';

it('a table and a folder may compose letters differently', async () => {
  const file = join(await temporaryFolder(), 'cases.csv');
  await writeFile(file, 'case,series,phase,class\nM\u00fcller,fr\u00fch.nii,ART,fnh\n');
  const sheet = await readUserSheet(file);
  const id = 'Mu\u0308ller';
  const image = { key: 'fru\u0308h.nii', input: '', facts: { modality: 'CT', names: [] } } as const;
  const entry = { id, patient: id, images: [], lesions: [{ masks: [] }] };
  expect(withSheet(entry, sheet, {}).lesions[0]?.class).toBe('fnh');
  const read = () => Promise.reject(new Error('not read'));
  const { given } = withOverride({ ...image, read }, entry, { patterns: {}, sheet });
  expect(given?.phase).toBe('ART');
});

it('a table in another encoding than UTF-8 is refused: two names may look like one', async () => {
  const file = join(await temporaryFolder(), 'cases.csv');
  await writeFile(file, Buffer.from('case,patient\na,M\u00fcller\n', 'latin1'));
  await expect(readUserSheet(file)).rejects.toMatchObject({
    code: 'DATA_ERROR',
    message: expect.stringContaining('UTF-8'),
    remedy: expect.stringContaining('UTF-8'),
  });
});
