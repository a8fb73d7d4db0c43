import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  generatePhantom,
  importDataset,
  type PreparedSample,
  prepareDataset,
  readDataset,
  readPrepared,
} from '../src/index.js';
import { temporaryFolder } from './cohort.js';

let root: string;
const cohort = { lesions: { cyst: 1, hem: 1 }, seed: 5, size: [96, 96, 12], workers: 0 } as const;

beforeAll(async () => {
  root = await temporaryFolder();
  await generatePhantom({ ...cohort, out: join(root, 'nifti') });
  await generatePhantom({ ...cohort, out: join(root, 'dicom'), dicom: true });
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function samplesOf(form: string, file = join(root, form, 'dataset.yaml')) {
  const out = join(root, `${form} prepared`);
  const report = await prepareDataset(await readDataset(file), out, { workers: 0, slices: 'all' });
  expect(report.failed).toEqual([]);
  const prepared = await readPrepared(out);
  return Promise.all(
    prepared.index.samples.map(async (sample: PreparedSample) => ({
      ...{ slice: sample.slice, box: sample.box },
      ...(await prepared.loadSample(sample)),
    })),
  );
}

describe('a phantom cohort as DICOM', () => {
  it('is prepared to the same data as the cohort of NIfTI', async () => {
    const samples = await samplesOf('dicom');
    expect(samples.length).toBeGreaterThan(2);
    expect(samples).toEqual(await samplesOf('nifti'));
  });

  it('is imported: its descriptions and times tell the phases', async () => {
    const out = join(root, 'imported.yaml');
    const report = await importDataset({ from: join(root, 'dicom'), out, layout: 'dicom' });
    expect(report).toMatchObject({ cases: 2, phasesFound: { NC: 2, ART: 2, PV: 2 } });
    expect(report).toMatchObject({ synthetic: true, skipped: [], warnings: [] });
  });

  it('is imported with its masks, which lie apart from the images and name study and series', async () => {
    const out = join(root, 'imported.yaml');
    const sheet = join(root, 'classes.csv');
    await writeFile(sheet, 'case,class\npatient-0001,cyst\npatient-0002,hem\n');
    const report = await importDataset({ from: join(root, 'dicom'), out, layout: 'dicom', sheet });
    expect(report.lesions).toMatchObject({ total: 2, byClass: { cyst: 1, hem: 1 } });
    const { cases } = await readDataset(out);
    for (const { lesions } of cases)
      expect(Object.keys(lesions[0]?.mask as object).sort()).toEqual(['ART', 'NC', 'PV']);
    const pixels = (samples: Awaited<ReturnType<typeof samplesOf>>) =>
      samples.map(({ image, mask, slice, box }) => ({ image, mask, slice, box }));
    expect(pixels(await samplesOf('imported', out))).toEqual(pixels(await samplesOf('nifti')));
  });

  it('is told of masks whose study is not there, and of lesions that have no other name', async () => {
    const [from, out] = [join(root, 'parts'), join(root, 'parts.yaml')];
    for (const id of ['case-0001', 'case-0002'])
      await cp(join(root, 'dicom/masks', id), join(from, 'masks', id), { recursive: true });
    await cp(join(root, 'dicom/images/case-0001'), join(from, 'case-0001'), { recursive: true });
    // Twice the same lesion on the same phase: nothing says that it is one.
    const twice = join(from, 'masks/case-0001/again.dcm');
    await cp(join(from, 'masks/case-0001/lesion-PV.dcm'), twice);
    const report = await importDataset({ from, out, layout: 'dicom' });
    expect(report.warnings[0]).toMatchObject({
      code: 'MASK_WITHOUT_STUDY',
      message: expect.stringMatching(/^4 segmentations/),
    });
    expect(report).toMatchObject({ cases: 0, apart: [{ reason: expect.stringContaining('PV') }] });
    const { cases } = await readDataset(join(root, 'parts.apart.yaml'));
    expect(cases[0]?.lesions).toHaveLength(4);
  });

  it('is imported with the masks that can be read, whatever lies beside them', async () => {
    const [from, out] = [join(root, 'damaged'), join(root, 'damaged.yaml')];
    await cp(join(root, 'dicom/images/case-0001'), join(from, 'case-0001'), { recursive: true });
    await cp(join(root, 'dicom/masks/case-0001'), join(from, 'masks'), { recursive: true });
    // DICOM by its prefix alone, as the first and as the last file of the folder.
    const broken = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.alloc(40, 7)]);
    await writeFile(join(from, 'masks/a.dcm'), broken);
    await writeFile(join(from, 'masks/z.dcm'), broken);
    const report = await importDataset({ from, out, layout: 'dicom' });
    expect(report.warnings).toMatchObject([
      {
        code: 'UNREADABLE_FILE',
        message: expect.stringMatching(/^DICOM: .* \(2 files of a folder\)$/),
        caseIds: [],
      },
    ]);
    expect(report.warnings[0]?.file).toMatch(/a\.dcm$/);
    expect(report).toMatchObject({ cases: 1, skipped: [], lesions: { total: 1 } });
    const [entry] = (await readDataset(out)).cases;
    expect(Object.keys(entry?.lesions[0]?.mask as object).sort()).toEqual(['ART', 'NC', 'PV']);
  });

  /** Both cases with their masks, in one folder below that of the import. */
  async function hospital(name: string) {
    const from = join(root, name);
    for (const id of ['case-0001', 'case-0002']) {
      await cp(join(root, 'dicom/images', id), join(from, 'all', id), { recursive: true });
      await cp(join(root, 'dicom/masks', id), join(from, 'all', id, 'seg'), { recursive: true });
    }
    return from;
  }

  it.each(['PV', 'ART'])(
    'keeps a lesion one where an image is missing, reference %s',
    async (reference) => {
      const from = await hospital(`without ${reference}`);
      await rm(join(from, 'all/case-0001/ART'), { recursive: true });
      const out = join(root, `without ${reference}.yaml`);
      const phases = ['NC', 'ART', 'PV'];
      const report = await importDataset({ from, out, layout: 'dicom', phases, reference });
      expect(report).toMatchObject({ cases: 1, apart: [{ reason: 'phase ART is missing' }] });
      const [entry] = (await readDataset(out.replace('.yaml', '.apart.yaml'))).cases;
      expect(entry?.lesions.map(({ mask }) => Object.keys(mask as object).sort())).toEqual([
        ['NC', 'PV'],
      ]);
    },
  );

  it('names the case and the file that cannot be read, the file to a person alone', async () => {
    const from = await hospital('truncated');
    const slice = join(from, 'all/case-0001/PV/IM0005.dcm');
    await writeFile(slice, (await readFile(slice)).subarray(0, 700));
    const beside = join(from, 'all/stray.dcm');
    await cp(slice, beside);
    const out = join(root, 'truncated.yaml');
    const report = await importDataset({ from, out, layout: 'dicom' });
    const unreadable = report.warnings.filter(({ code }) => code === 'UNREADABLE_FILE');
    expect(unreadable.map(({ file, caseNames }) => [file, caseNames])).toEqual(
      expect.arrayContaining([
        [slice, ['patient-0001']],
        [beside, []],
      ]),
    );
    expect(unreadable).toHaveLength(2);
    expect(JSON.stringify(report)).not.toMatch(/IM0005|stray|patient-0001/);
  });

  it('takes masks in the folder of a single study, whatever study they name', async () => {
    const [from, out] = [join(root, 'drawn'), join(root, 'drawn.yaml')];
    await cp(join(root, 'dicom/images/case-0001'), join(from, 'p/ct'), { recursive: true });
    // As programs write them that make a study of their own of each mask.
    await cp(join(root, 'dicom/masks/case-0002'), join(from, 'p/seg'), { recursive: true });
    const report = await importDataset({ from, out, layout: 'dicom' });
    expect(report).toMatchObject({ cases: 1, lesions: { total: 1 }, warnings: [] });
  });

  it('depends on its seed alone, UIDs too, and says that it is synthetic', async () => {
    const slice = (form: string) =>
      readFile(join(root, form, 'images/case-0001/PV/IM0003.dcm'), 'latin1');
    const small = { ...cohort, lesions: { cyst: 1 }, dicom: true };
    await generatePhantom({ ...small, out: join(root, 'small') });
    await generatePhantom({ ...small, out: join(root, 'again') });
    await generatePhantom({ ...small, seed: 6, out: join(root, 'other') });
    expect(await slice('again')).toBe(await slice('small'));
    const uidsOf = async (form: string): Promise<string[]> =>
      (await slice(form)).match(/2\.25\.\d{30,}/g) ?? [];
    const [uids, others] = [await uidsOf('small'), await uidsOf('other')];
    // The first is that of the program.
    expect(new Set(uids).size).toBeGreaterThanOrEqual(5);
    expect(uids.filter((uid) => others.includes(uid))).toHaveLength(1);
    expect(await slice('small')).toContain('SYNTHETIC');
  });
});
