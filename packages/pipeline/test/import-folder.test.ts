import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importDataset, layouts, readDataset } from '../src/index.js';
import { temporaryFolder, volumeOf } from './cohort.js';
import {
  checkAndPrepare,
  image,
  importTree,
  lesion,
  liver,
  liverAndLesion,
  type Tree,
  warningsOf,
  writeTree,
} from './import-trees.js';

const patient = (folder: string, words: readonly string[], more: Tree = {}): Tree => ({
  ...Object.fromEntries(words.map((word) => [`${folder}/${word}.nii.gz`, image()])),
  ...Object.fromEntries(
    Object.entries(more).map(([name, volume]) => [`${folder}/${name}`, volume]),
  ),
});

describe('a folder for each case', () => {
  it('is read with phases and masks by their names, and a class as the folder above', async () => {
    const imported = await importTree(await temporaryFolder(), {
      ...patient('HCC/mueller', ['nativ', 'arteriell', 'portalvenös'], {
        'maske.nii.gz': lesion,
        'leber_maske.nii.gz': liver,
      }),
      ...patient('Hämangiom/li', ['平扫', '动脉期', '门脉期'], { 'tumor.nrrd': lesion }),
      ...patient('HCC/durand', ['sans_injection', 'temps_arteriel', 'temps_portal'], {
        'masks/lesion_1.nii.gz': lesion,
        'masks/lesion_2.nii.gz': lesion,
      }),
    });
    expect(imported.report).toMatchObject({
      layout: 'folder',
      cases: 3,
      phases: ['NC', 'ART', 'PV'],
      reference: 'PV',
      lesions: { total: 4, byClass: { hcc: 3, hem: 1 } },
      apart: [],
      skipped: [],
    });
    expect(await checkAndPrepare(imported)).toMatchObject({
      ok: true,
      findings: {},
      prepared: 3,
      samples: 4,
    });
  });

  it('of MR takes masks that differ in the sequence for one lesion', async () => {
    const tree = patient('a', ['T2', 'art', 'ven'], {
      'mask_T2.nii.gz': lesion,
      'mask_art.nii.gz': lesion,
    });
    const { dataset } = await importTree(await temporaryFolder(), tree, { modality: 'MR' });
    const masks = dataset.cases[0]?.lesions.map(({ mask }) => Object.keys(mask as object).sort());
    expect(masks).toEqual([['ART', 'T2WI']]);
  });

  it('pairs masks with phases and splits several labels', async () => {
    const { dataset, report } = await importTree(await temporaryFolder(), {
      ...patient('a', ['a_0', 'a_1', 'a_2'], { 'mask_0.nii.gz': liverAndLesion }),
      ...patient('b', ['AP', 'PVP', 'plain'], {
        'lesion_AP.nii.gz': lesion,
        'lesion_PVP.nii.gz': lesion,
      }),
    });
    expect(report.phases).toEqual(['NC', 'ART', 'PV']);
    expect(dataset.cases[0]?.lesions.map(({ label }) => label)).toEqual([1, 2]);
    expect(warningsOf(report)).toMatchObject({ SEVERAL_LABELS: 1 });
    expect(dataset.cases[1]?.lesions).toMatchObject([
      { mask: { ART: '../set/b/lesion_AP.nii.gz', PV: '../set/b/lesion_PVP.nii.gz' } },
    ]);
  });

  it('keeps a lesion one where the image of a mask is missing', async () => {
    const masks = { 'lesion_pv.nii.gz': lesion, 'lesion_spaet.nii.gz': lesion };
    const { report, out } = await importTree(
      await temporaryFolder(),
      { ...patient('a', ['nc', 'pv', 'spaet'], masks), ...patient('b', ['nc', 'pv'], masks) },
      { phases: ['NC', 'PV', 'DL'], reference: 'PV' },
    );
    expect(report.apart).toMatchObject([{ reason: 'phase DL is missing' }]);
    const [entry] = (await readDataset(out.replace('.yaml', '.apart.yaml'))).cases;
    expect(entry?.lesions).toMatchObject([{ mask: '../set/b/lesion_pv.nii.gz' }]);
  });

  it('pairs masks with images whose phases the user tells', async () => {
    const masks = { 'lesion_art.nii.gz': lesion, 'lesion_pv.nii.gz': lesion };
    const { dataset } = await importTree(
      await temporaryFolder(),
      patient('a', ['s1', 's2', 's3'], masks),
      { phase: { NC: 's1', ART: 's2', PV: 's3' } },
    );
    const drawn = dataset.cases[0]?.lesions.map(({ mask }) => Object.keys(mask as object).sort());
    expect(drawn).toEqual([['ART', 'PV']]);
  });

  it('without classes says that those of dataset.yaml are placeholders', async () => {
    const tree = patient('a', ['pv'], { 'mask.nii.gz': lesion });
    const { report } = await importTree(await temporaryFolder(), tree);
    expect(report).toMatchObject({ placeholderClasses: true, lesions: { unlabelled: 1 } });
  });

  it('uses organ masks where no name tells the phase', async () => {
    // Label 52 aorta, 64 portal vein, 5 liver: a TotalSegmentator label image.
    const labels = volumeOf((x) => (x < 10 ? 52 : x < 20 ? 64 : 5), Uint8Array);
    const blood = (aorta: number, portal: number, tissue: number) =>
      volumeOf((x) => (x < 10 ? aorta : x < 20 ? portal : tissue));
    const { report } = await importTree(await temporaryFolder(), {
      'x/s1.nii.gz': blood(165, 170, 110),
      'x/s2.nii.gz': blood(300, 90, 70),
      'x/s3.nii.gz': blood(40, 42, 55),
      'x/total.nii.gz': labels,
      'x/mask.nii.gz': lesion,
    });
    const found = report.decisions.map(({ series, phase, source }) => [series, phase, source]);
    expect(found).toEqual([
      ['s1.nii.gz', 'PV', 'image'],
      ['s2.nii.gz', 'ART', 'image'],
      ['s3.nii.gz', 'NC', 'image'],
    ]);
    expect(report.decisions.every(({ confidence }) => confidence > 0.7)).toBe(true);
  });

  it('takes none of the organs of TotalSegmentator for a lesion', async () => {
    const { dataset } = await importTree(await temporaryFolder(), {
      ...patient('x', ['pv']),
      'x/segmentations/spleen.nii.gz': lesion,
      'x/segmentations/kidney_left.nii.gz': lesion,
      'x/segmentations/liver.nii.gz': liver,
      'x/segmentations/lesion.nii.gz': lesion,
    });
    expect(dataset.cases[0]?.lesions).toMatchObject([
      { mask: '../set/x/segmentations/lesion.nii.gz' },
    ]);
    expect(dataset.cases[0]?.liver).toBe('../set/x/segmentations/liver.nii.gz');
  });
});

describe('the word of the user', () => {
  const tree = () => ({
    ...patient('a', ['s1', 's2', 's3'], { 'mask.nii.gz': lesion }),
    ...patient('b', ['s1', 's2', 's3'], { 'mask.nii.gz': lesion }),
  });
  const phase = { NC: 's1', ART: 's2', PV: 's3' };

  it('on phases holds by pattern', async () => {
    const { report } = await importTree(await temporaryFolder(), tree(), { phase });
    expect(report).toMatchObject({ cases: 2, phases: ['NC', 'ART', 'PV'] });
    expect(report.decisions.every(({ source }) => source === 'user')).toBe(true);
  });

  it('on phases holds by the edited phases file, and only where it was edited', async () => {
    const root = await temporaryFolder();
    const { out } = await importTree(root, tree(), { phase });
    const file = out.replace('.yaml', '.phases.csv');
    const text = await readFile(file, 'utf8');
    expect(text.split('\n')[1]).toBe('a,s1.nii.gz,NC,NC,1.00,user,the user said so (--phase)');
    const sheet = join(root, 'edited.csv');
    await writeFile(
      sheet,
      '\uFEFF"case";"series";"phase"\n"a";"s1.nii.gz";"ART"\n"a";"s2.nii.gz";"NC"\n"b";"s2.nii.gz";"-"\n',
    );
    const { report, dataset } = await importTree(root, {}, { phase, sheet });
    expect(dataset.cases[0]?.phases).toMatchObject({ ART: '../set/a/s1.nii.gz' });
    expect(report.apart).toMatchObject([{ reason: 'phase ART is missing' }]);
    expect((await readDataset(out.replace('.yaml', '.apart.yaml'))).cases).toHaveLength(1);
    await importTree(root, {}, { phase });
    await expect(readDataset(out.replace('.yaml', '.apart.yaml'))).rejects.toThrow();
  });

  it('holds again and again in the phases file itself, which stays as it was edited', async () => {
    const root = await temporaryFolder();
    const { out } = await importTree(root, tree(), { phase });
    const sheet = out.replace('.yaml', '.phases.csv');
    const [header, ...lines] = (await readFile(sheet, 'utf8')).trim().split('\n');
    const edited = [`${header},class`, ...lines.map((line) => `${line},hcc`)].join('\n');
    await writeFile(sheet, edited);
    for (let i = 0; i < 2; i += 1) {
      const { report } = await importTree(root, {}, { phase, sheet: relative('.', sheet) });
      expect(report.lesions).toMatchObject({ byClass: { hcc: 2 }, unlabelled: 0 });
    }
    expect(await readFile(sheet, 'utf8')).toBe(edited);
    // The second import said nothing new; the first replaced a dataset.yaml without classes.
    expect((await readdir(dirname(out))).sort()).toEqual([
      ...['dataset.phases.csv', 'dataset.phases.new.csv', 'dataset.yaml', 'dataset.yaml.1'],
    ]);
  });

  it('in a file that is replaced or removed is kept in a copy', async () => {
    const root = await temporaryFolder();
    const { out } = await importTree(root, tree(), { phase });
    const apart = out.replace('.yaml', '.apart.yaml');
    await writeFile(apart, 'completed by hand');
    for (const words of ['first edit', 'second edit']) {
      await writeFile(out, words);
      const { report, dataset } = await importTree(root, {}, { phase });
      expect(dataset.cases).toHaveLength(2);
      expect(report.files?.kept[0]).toBe(`${out}.${words === 'first edit' ? 1 : 2}`);
      expect(JSON.stringify(report)).not.toContain(root);
    }
    expect(await readFile(`${out}.1`, 'utf8')).toBe('first edit');
    expect(await readFile(`${out}.2`, 'utf8')).toBe('second edit');
    expect(await readFile(`${apart}.1`, 'utf8')).toBe('completed by hand');
    await expect(importTree(root, {}, { phase, sheet: out })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining('would replace'),
    });
  });

  it('that meets nothing is not passed over', async () => {
    const root = await temporaryFolder();
    const sheet = join(root, 'cases.csv');
    await writeFile(sheet, 'case,class\nzz,fnh\n');
    const words = { phase: { ...phase, DL: 's7' }, sheet };
    const { report } = await importTree(root, tree(), words);
    expect(warningsOf(report)).toMatchObject({ PATTERN_WITHOUT_IMAGE: 0, SHEET_WITHOUT_CASE: 0 });
    expect(JSON.stringify(report)).not.toContain('zz');
    const warning = report.warnings.find(({ code }) => code === 'SHEET_WITHOUT_CASE');
    expect(warning?.message).toMatch(/names 1 case that was not found.*PatientID/);
    expect(warning?.examples).toEqual(['a', 'b']);
    expect(Object.keys(warning ?? {})).toEqual(['code', 'message', 'caseIds']);
  });

  it.each([
    ['Mustermann;FNH', /no column "case"/],
    ['case;diagnosis', /says something/],
    ['case;phase', /says something/],
  ])('in a table with the columns %s is refused', async (header, message) => {
    const root = await temporaryFolder();
    const sheet = join(root, 'cases.csv');
    await writeFile(sheet, `${header}\na;fnh\n`);
    const error = await importTree(root, tree(), { phase, sheet }).catch((thrown) => thrown);
    expect(error).toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringMatching(message),
      details: { columns: 2, columnNames: header.toLowerCase().split(';') },
      remedy: expect.stringContaining('series with phase'),
    });
    expect(JSON.stringify(error)).not.toMatch(/mustermann/i);
  });

  it('on phases of the dataset must be true of a case', async () => {
    const phases = ['NC', 'XX', 'PV'];
    await expect(
      importTree(await temporaryFolder(), tree(), { phase, phases }),
    ).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      remedy: expect.stringMatching(/NC \(2\), ART \(2\), PV \(2\)/),
    });
  });

  it('on classes, patients and dates holds by table', async () => {
    const root = await temporaryFolder();
    const sheet = join(root, 'cases.csv');
    await writeFile(sheet, 'case,patient,class,studydate\na,p1,Hemangioma,20200131\nb,p1,FNH,\n');
    const { dataset, report } = await importTree(root, tree(), { phase, sheet });
    expect(report.lesions.byClass).toEqual({ hem: 1, fnh: 1 });
    expect(dataset.cases).toMatchObject([
      { patient: 'p1', studyDate: '2020-01-31' },
      { patient: 'p1' },
    ]);
  });
});

describe('detection', () => {
  it('names every layout once, and the guide names each with its files', async () => {
    expect(new Set(layouts.map(({ name }) => name)).size).toBe(12);
    const guide = new URL('../../../docs/how-to/import.md', import.meta.url);
    const table = await readFile(guide, 'utf8');
    for (const { name, licence, source, form } of layouts) {
      expect(table).toContain(`| \`${name}\` |`);
      for (const said of [licence, source, form]) expect(said).not.toBe('');
    }
  });

  it('refuses an unknown name with a suggestion, and a layout that is not there', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'x/pv.nii.gz': image() });
    const out = join(root, 'dataset.yaml');
    await expect(importDataset({ from: root, out, layout: 'mct-ltdaig' })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      remedy: 'did you mean "mct-ltdiag"?',
    });
    await expect(importDataset({ from: root, out, layout: 'lits' })).rejects.toMatchObject({
      code: 'DATA_ERROR',
      remedy: expect.stringContaining('volume-<n>.nii'),
    });
  });

  it('says what it looked for where nothing is recognized', async () => {
    const root = await temporaryFolder();
    await writeTree(root, { 'notes.txt': 'nothing' });
    await expect(
      importDataset({ from: root, out: join(root, 'dataset.yaml') }),
    ).rejects.toMatchObject({ code: 'DATA_ERROR', remedy: expect.stringContaining('--layout') });
    await expect(
      importDataset({ from: join(root, 'nowhere'), out: join(root, 'dataset.yaml') }),
    ).rejects.toMatchObject({ code: 'IO_ERROR' });
  });

  it('asks before the work whether the file can be written', async () => {
    const root = await temporaryFolder();
    await expect(importDataset({ from: join(root, 'nowhere'), out: root })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      details: { file: root },
    });
  });

  it('stops when it is told to', async () => {
    const root = await temporaryFolder();
    await writeTree(root, patient('x', ['pv'], { 'mask.nii.gz': lesion }));
    const controller = new AbortController();
    const out = join(root, 'dataset.yaml');
    const reason = new Error('Ctrl-C');
    controller.abort(reason);
    await expect(
      importDataset({ from: root, out, signal: controller.signal }),
    ).rejects.toMatchObject({ code: 'CANCELLED', cause: reason });
  });
});

it('names of patients stand in dataset.yaml alone, never in the report', async () => {
  const root = await temporaryFolder();
  const tree = {
    ...patient('Mustermann_Erika', ['Mustermann nativ', 'Mustermann art', 'Mustermann pv'], {
      'Mustermann_mask.nii.gz': lesion,
      'Mustermann_s9.nii.gz': image(),
    }),
    ...patient('Mustermann_Max', ['pv'], { 'mask.nii.gz': lesion }),
    'Mustermann_Otto/mask.nii.gz': lesion,
  };
  const { report, dataset, out } = await importTree(root, tree, { byImage: 'never' });
  expect(dataset.cases[0]?.id).toBe('Mustermann_Erika');
  expect(report.skipped).toHaveLength(1);
  expect(report.decisions.length).toBeGreaterThan(3);
  expect(JSON.stringify(report)).not.toMatch(/mustermann/i);
  expect(JSON.stringify(report)).not.toContain(root);
  expect((await readDataset(out)).cases).toHaveLength(dataset.cases.length);
});
