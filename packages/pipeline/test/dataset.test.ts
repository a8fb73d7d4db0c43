import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { suggest } from '@flc-native/errors';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  caseByPseudonym,
  type DatasetInput,
  datasetJsonSchema,
  pseudonym,
  readDataset,
  writeDataset,
} from '../src/index.js';
import { temporaryFolder } from './cohort.js';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

const valid = `
format: flc-dataset
version: 1
modality: CT
phases: [NC, ART, PV]
reference: PV
classes: [cyst, fnh, hcc, hem]
cases:
  - id: 17
    patient: Jane Roe
    studyDate: 2020-01-31
    phases: { NC: a.nii, ART: b.nii, PV: c.nii }
    lesions:
      - mask: m.nii
        label: 2
      - mask: { PV: m.nii, ART: n.nii }
        components: split
        class: hem
`;

async function read(text: string) {
  const file = join(folder, 'dataset.yaml');
  await writeFile(file, text);
  return readDataset(file);
}

describe('readDataset', () => {
  it('reads a dataset, fills defaults in and resolves its folder', async () => {
    const dataset = await read(valid);
    expect(dataset.root).toBe(folder);
    expect(dataset.intensity).toEqual({ window: [-70, 180] });
    expect(dataset.cases[0]).toMatchObject({
      id: '17',
      patient: 'Jane Roe',
      studyDate: '2020-01-31',
    });
    expect(dataset.cases[0]?.lesions[1]).toEqual({
      mask: { PV: 'm.nii', ART: 'n.nii' },
      components: 'split',
      class: 'hem',
    });
  });

  it('takes percentiles for MR', async () => {
    expect((await read(valid.replace('CT', 'MR'))).intensity).toEqual({ percentile: [0.5, 99.5] });
  });

  it.each<[string, string, string, string]>([
    ['top level', 'modality:', 'modalty:', 'unknown key "modalty", did you mean "modality"?'],
    ['case', 'patient:', 'pacient:', 'cases[0]: unknown key "pacient", did you mean "patient"?'],
    [
      'lesion',
      'label:',
      'lable:',
      'cases[0].lesions[0]: unknown key "lable", did you mean "label"?',
    ],
    [
      'phase of a case',
      'ART: b',
      'ARTT: b',
      'cases[0].phases: unknown phase "ARTT", did you mean "ART"?',
    ],
    [
      'phase of a mask',
      'ART: n',
      'ARt: n',
      'cases[0].lesions[1].mask: unknown phase "ARt", did you mean "ART"?',
    ],
    ['reference', 'reference: PV', 'reference: DL', 'reference: "DL" is not in phases'],
    [
      'window',
      'phases: [NC',
      'intensity: { window: [180, -70] }\nphases: [NC',
      'lower must be below upper',
    ],
    [
      'both',
      'phases: [NC',
      'intensity: { window: [0, 1], percentile: [1, 2] }\nphases: [NC',
      'either window or',
    ],
    ['format', 'flc-dataset', 'other', 'format: '],
    ['version', 'version: 1', 'version: 2', 'version: '],
    ['classes', 'fnh, hcc', 'hcc, hcc', 'classes: repeated name'],
    ['components', 'split', 'splti', 'components: '],
  ])('refuses a wrong %s', async (_, from, to, message) => {
    await expect(read(valid.replace(from, to))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(message),
      details: { file: join(folder, 'dataset.yaml') },
    });
  });

  it('refuses the same case id twice without telling it', async () => {
    const entry = '  - { id: Jane Roe, patient: x, phases: {}, lesions: [] }\n';
    const text = `${valid.slice(0, valid.indexOf('  - id'))}${entry}${entry}`;
    const error = await read(text).catch((e: unknown) => e as Error);
    expect(error).toMatchObject({ code: 'INVALID_CONFIG' });
    expect((error as Error).message).toContain('cases[1]: same id as cases[0]');
    expect((error as Error).message).not.toContain('Jane');
  });

  it('refuses broken YAML and an alias bomb', async () => {
    await expect(read('a: [1')).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
    const bomb = `a: &a [${'x,'.repeat(9)}]\n${[...'bcdefgh']
      .map((n, i) => `${n}: &${n} [${`*${'abcdefgh'[i]},`.repeat(9)}]`)
      .join('\n')}`;
    await expect(read(bomb)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('aliases'),
    });
  });

  it.each([
    ['a key twice', 'modality: CT\nmodality: MR', /unique.* at line \d/, /once/],
    ['tabs', 'modality: CT\ncases:\n\t- id: 1', /[Tt]ab/, /spaces/],
    ['two documents', 'modality: CT\n---\na: 1', /multiple documents/, /one document/],
    ['a sign that YAML keeps for itself', 'modality: @CT', /@/, /quote/],
  ])('says what to do about %s', async (_, written, message, remedy) => {
    await expect(read(valid.replace('modality: CT', written))).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringMatching(message),
      remedy: expect.stringMatching(remedy),
    });
  });

  it('merges what several cases share', async () => {
    const text = valid.replace('  - id: 17', '  - &first\n    id: 17');
    const { cases } = await read(`${text}  - { <<: *first, id: 18 }\n`);
    expect(cases.map(({ id, patient }) => [id, patient])).toEqual([
      ['17', 'Jane Roe'],
      ['18', 'Jane Roe'],
    ]);
    expect(cases[1]?.phases).toEqual(cases[0]?.phases);
  });

  it('tells a missing file', async () => {
    await expect(readDataset(folder)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: 'a file dataset.yaml is expected, this is a folder',
      remedy: expect.stringContaining('dataset.yaml'),
    });
    await expect(readDataset(join(folder, 'absent.yaml'))).rejects.toMatchObject({
      code: 'IO_ERROR',
    });
  });
});

describe('writeDataset', () => {
  it('writes what it read and nothing of its own', async () => {
    const dataset = await read(valid);
    const file = join(folder, 'copy.yaml');
    await writeDataset(file, dataset);
    const plain = parse(await readFile(file, 'utf8'));
    expect(plain.root).toBeUndefined();
    expect(plain.cases).toEqual(dataset.cases);
  });

  it('refuses to write what it would not read', async () => {
    const wrong = { ...(await read(valid)), reference: 'DL' } as DatasetInput;
    await expect(writeDataset(join(folder, 'wrong.yaml'), wrong)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
    });
  });
});

describe('names', () => {
  it.each(['0123', '0x10', '1e3', '20240101000000001234', '1.0', '+7', '.5'])(
    'that are numbers in YAML stay as written: %s',
    async (name) => {
      const plain = await read(valid.replace('17', name).replace('Jane Roe', name));
      expect(plain.cases[0]).toMatchObject({ id: name, patient: name });
      await writeDataset(plain.file, plain);
      expect((await readDataset(plain.file)).cases[0]).toMatchObject({ id: name, patient: name });
    },
  );

  it('are one however their letters are composed, and whatever blanks are around', async () => {
    const [composed, apart] = ['M\u00fcller', 'Mu\u0308ller'];
    expect(composed).not.toBe(apart);
    expect(pseudonym(` ${apart} `)).toBe(pseudonym(composed));
    const { cases } = await read(valid.replace('Jane Roe', `"${apart} "`));
    expect(cases[0]?.patient).toBe(composed);
    await expect(read(valid.replace('Jane Roe', '" "'))).rejects.toMatchObject({
      message: expect.stringContaining('must not be blank'),
    });
  });

  it('are refused in another encoding than UTF-8, in which two may look like one', async () => {
    const file = join(folder, 'latin1.yaml');
    await writeFile(file, Buffer.from(valid.replace('Jane Roe', 'M\u00fcller'), 'latin1'));
    await expect(readDataset(file)).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('UTF-8'),
      remedy: expect.stringContaining('UTF-8'),
    });
    await writeFile(file, `\ufeff${valid}`);
    expect((await readDataset(file)).cases[0]?.patient).toBe('Jane Roe');
  });

  it('makes pseudonyms: printf "Jane Roe" | sha256sum | cut -c1-12', () => {
    expect(pseudonym('Jane Roe')).toBe('9231c165fcf6');
  });

  it('finds the case behind a pseudonym', async () => {
    const dataset = await read(valid);
    expect(caseByPseudonym(dataset, pseudonym('17'))?.patient).toBe('Jane Roe');
    expect(caseByPseudonym(dataset, 'x')).toBeUndefined();
  });

  it('suggests near words only', () => {
    expect(suggest('clas', ['class', 'mask'])).toBe('class');
    expect(suggest('quite other', ['class', 'mask'])).toBeUndefined();
  });
});

it('exports a JSON schema that knows every key and allows no other', () => {
  const schema = datasetJsonSchema() as { properties: object; additionalProperties: boolean };
  expect(schema.additionalProperties).toBe(false);
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(['format', 'modality', 'phases', 'reference', 'classes', 'cases']),
  );
  expect(JSON.stringify(schema)).toContain('components');
});
