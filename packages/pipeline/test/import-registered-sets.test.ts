import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pseudonym } from '../src/index.js';
import { temporaryFolder } from './cohort.js';
import {
  checkAndPrepare,
  image,
  importTree,
  lesion,
  liver,
  liverAndLesion,
  type Tree,
  warningsOf,
} from './import-trees.js';

/** Sheets as Harvard Dataverse serves them: tabs, quoted IDs; here with a byte order mark. */
const mctSheet =
  '\uFEFFID\ttype\tpatient_sex\tpatient_age\tCirrhosis status (Y/N)\n' +
  '"230218a1"\t"HCC"\t"M"\t61\t"Y"\n"230219b2"\t"HH"\t"F"\t44\t"N"\n' +
  '"230220c3"\t"CRLM"\t"F"\t58\t"N"\n"230221d4"\t"ICC"\t"M"\t70\t"N"\n';

function mctCase(id: string, originOff = 0): Tree {
  return {
    [`${id}/NIFTI/nc.nii.gz`]: image([originOff, 0, 0]),
    [`${id}/NIFTI/art.nii.gz`]: image(),
    [`${id}/NIFTI/pvp.nii.gz`]: image(),
    [`${id}/NIFTI/delay.nii.gz`]: image(),
    [`${id}/mask_pvp.nii.gz`]: lesion,
    [`${id}/liver_mask_pvp.nii.gz`]: liver,
    [`${id}/DICOM/NC/IM0001`]: 'not looked at',
  };
}

describe('MCT-LTDiag', () => {
  it('is read from the archives of the Dataverse, with origins that differ', async () => {
    const imported = await importTree(await temporaryFolder(), {
      'meta_info_patient.tab': mctSheet,
      'supplementary_info.csv': 'ID,problem\n230220c3,bad segmentation\n',
      ...mctCase('230218a1', 2.5),
      ...mctCase('230219b2'),
      ...mctCase('230220c3'),
      '230221d4.tar': 'packed',
    });
    const { report, dataset } = imported;
    expect(report).toMatchObject({
      layout: 'mct-ltdiag',
      phases: ['NC', 'ART', 'PV', 'DL'],
      reference: 'PV',
      cases: 2,
      lesions: { total: 2, byClass: { hcc: 1, hem: 1 }, unlabelled: 0 },
    });
    expect(report.detection.reason).toContain('3 files mask_pvp.nii.gz');
    expect(report.licence).toContain('CC0');
    expect(report.apart.map(({ caseName, reason }) => [caseName, reason])).toEqual([
      ['230220c3', expect.stringContaining('badly segmented')],
    ]);
    expect(report.skipped.map(({ caseName, reason }) => [caseName, reason])).toEqual([
      ['230221d4', expect.stringContaining('unpack')],
    ]);
    expect(report.warnings.find(({ code }) => code === 'ORIGIN_OFFSET')).toMatchObject({
      caseIds: [pseudonym('230218a1')],
      message: expect.stringContaining('2.5 mm'),
    });
    expect(dataset.cases[0]).toMatchObject({
      id: '230218a1',
      phases: { PV: '../set/230218a1/NIFTI/pvp.nii.gz' },
      liver: '../set/230218a1/liver_mask_pvp.nii.gz',
      lesions: [{ mask: '../set/230218a1/mask_pvp.nii.gz', class: 'hcc', components: 'split' }],
    });
    expect(await checkAndPrepare(imported)).toEqual({
      ok: true,
      findings: { ORIGIN_OFFSET: 1 },
      prepared: 2,
      failed: [],
      samples: 2,
    });
  });

  it('is read from the tree of the benchmark, which has the class as a folder', async () => {
    const files = (type: string, id: string): Tree => ({
      [`Data/volume/${type}/${id}/nc.nii.gz`]: image(),
      [`Data/volume/${type}/${id}/art.nii.gz`]: image(),
      [`Data/volume/${type}/${id}/pvp.nii.gz`]: image(),
      [`Data/volume/${type}/${id}/delay.nii.gz`]: image(),
      [`Data/mask/${type}/${id}/mask_pvp.nii.gz`]: lesion,
    });
    const imported = await importTree(
      await temporaryFolder(),
      { ...files('BCLM', 'a'), ...files('HH', 'b') },
      { phases: ['NC', 'ART', 'PV'], classMap: { BCLM: 'metastasis' } },
    );
    expect(imported.report).toMatchObject({
      layout: 'mct-ltdiag',
      cases: 2,
      phases: ['NC', 'ART', 'PV'],
      classes: ['hem', 'metastasis'],
      phasesFound: { DL: 2 },
    });
    expect(await checkAndPrepare(imported)).toMatchObject({ ok: true, prepared: 2, samples: 2 });
  });
});

describe('TriALS', () => {
  it('has a mask a phase: 1 liver, 2 lesion', async () => {
    const files = (id: string, delayed: boolean, mask = liverAndLesion): Tree =>
      Object.fromEntries(
        ['nocontrast', 'arterial', 'venous', ...(delayed ? ['delayed'] : [])].flatMap((word) => [
          [`Task_2/imagesTr/${id}/${id}_${word}.nii.gz`, image()],
          [`labelsTr (Task 2)/${id}/${id}_${word}.nii.gz`, mask],
          [`labelsTr (Task 2)/${id}/${id}_combined.nii.gz`, mask],
        ]),
      );
    const imported = await importTree(await temporaryFolder(), {
      ...files('TriALS_1', true),
      ...files('TriALS_2', true, liver),
      ...files('TriALS_10', false),
    });
    expect(imported.report).toMatchObject({
      layout: 'trials',
      cases: 2,
      phases: ['NC', 'ART', 'PV', 'DL'],
      lesions: { total: 1, unlabelled: 1 },
    });
    expect(imported.report.licence).toContain('BY-NC');
    expect(imported.report.apart).toMatchObject([{ reason: 'phase DL is missing' }]);
    expect(warningsOf(imported.report)).toMatchObject({ NO_LESION: 1, SET_APART: 1 });
    const [first] = imported.dataset.cases;
    expect(first?.lesions[0]).toMatchObject({ label: 2, components: 'split' });
    expect(Object.keys(first?.lesions[0]?.mask ?? {}).sort()).toEqual(['ART', 'DL', 'NC', 'PV']);
    expect(await checkAndPrepare(imported)).toMatchObject({
      ok: true,
      findings: { NO_LESION: 1 },
      prepared: 2,
      samples: 1,
    });
  });
});

describe('sets of one portal venous image', () => {
  it('MSD Task03, with a healthy liver and a test case', async () => {
    const imported = await importTree(await temporaryFolder(), {
      'Task03_Liver/dataset.json': JSON.stringify({
        modality: { 0: 'CT' },
        labels: { 0: 'background', 1: 'liver', 2: 'cancer' },
      }),
      'Task03_Liver/imagesTr/liver_0.nii.gz': image(),
      'Task03_Liver/imagesTr/liver_10.nii.gz': image(),
      'Task03_Liver/labelsTr/liver_0.nii.gz': liverAndLesion,
      'Task03_Liver/labelsTr/liver_10.nii.gz': liver,
      'Task03_Liver/imagesTr/._liver_0.nii.gz': 'resource fork',
      'Task03_Liver/imagesTs/liver_132.nii.gz': image(),
    });
    expect(imported.report).toMatchObject({
      layout: 'msd-liver',
      cases: 2,
      phases: ['PV'],
      reference: 'PV',
      lesions: { total: 1, unlabelled: 1 },
      skipped: [{ reason: 'a test case without a mask' }],
    });
    expect(warningsOf(imported.report)).toMatchObject({ EMPTY_MASK: 1, NO_LESION: 1 });
    expect(await checkAndPrepare(imported)).toMatchObject({ ok: true, prepared: 2, samples: 1 });
  });

  it('LiTS', async () => {
    const imported = await importTree(await temporaryFolder(), {
      'volume-0.nii': image(),
      'segmentation-0.nii': liverAndLesion,
      'volume-27.nii': image(),
      'segmentation-99.nii': liver,
    });
    expect(imported.report).toMatchObject({ layout: 'lits', cases: 2, lesions: { total: 1 } });
    expect(imported.report.skipped).toMatchObject([{ reason: 'a mask without an image' }]);
    expect(await checkAndPrepare(imported)).toMatchObject({ ok: true, prepared: 2, samples: 1 });
  });
});

describe('nnU-Net', () => {
  const files = (version: 1 | 2): Tree => ({
    'Dataset007/dataset.json': JSON.stringify(
      version === 2
        ? {
            channel_names: { 0: 'arterial', 1: 'portal venous', 2: 'noNorm nativ' },
            labels: { background: 0, liver: 1, HCC: 2, hemangioma: 3 },
            file_ending: '.nii.gz',
          }
        : {
            modality: { 0: 'arterial', 1: 'portal venous', 2: 'native' },
            labels: { 0: 'background', 1: 'liver', 2: 'HCC', 3: 'hemangioma' },
          },
    ),
    'Dataset007/imagesTr/case_a_0000.nii.gz': image(),
    'Dataset007/imagesTr/case_a_0001.nii.gz': image(),
    'Dataset007/imagesTr/case_a_0002.nii.gz': image(),
    'Dataset007/labelsTr/case_a.nii.gz': liverAndLesion,
    'Dataset007/labelsTr/case_b.nii.gz': liverAndLesion,
  });

  it.each([1, 2] as const)('folders of version %i', async (version) => {
    const imported = await importTree(await temporaryFolder(), files(version));
    expect(imported.report).toMatchObject({
      layout: 'nnunet',
      cases: 1,
      phases: ['NC', 'ART', 'PV'],
      lesions: { total: 1, byClass: { hcc: 1 } },
      skipped: [{ reason: 'a mask without images' }],
    });
    // The hemangioma's label is not in this mask, so it is no lesion of this case.
    expect(imported.dataset.cases[0]?.lesions).toHaveLength(1);
    expect(imported.dataset.cases[0]?.liver).toBe('../set/Dataset007/labelsTr/case_a.nii.gz');
    expect(await checkAndPrepare(imported)).toMatchObject({ ok: true, samples: 1 });
  });

  it('tells the numbers of cases from channels where masks have them too, as in AMOS', async () => {
    const imported = await importTree(await temporaryFolder(), {
      'imagesTr/amos_0001.nii.gz': image(),
      'imagesTr/amos_0004.nii.gz': image(),
      'labelsTr/amos_0001.nii.gz': lesion,
      'labelsTr/amos_0004.nii.gz': lesion,
    });
    expect(imported.report).toMatchObject({ cases: 2, skipped: [], lesions: { total: 2 } });
    expect(imported.dataset.cases.map(({ id }) => id)).toEqual(['amos_0001', 'amos_0004']);
  });

  it('without dataset.json says what it assumes', async () => {
    const { report } = await importTree(
      await temporaryFolder(),
      { 'imagesTr/a_0000.nii.gz': image(), 'labelsTr/a.nii.gz': lesion },
      { phase: { PV: 'channel 0' } },
    );
    expect(report).toMatchObject({ phases: ['PV'], lesions: { total: 1 } });
    expect(warningsOf(report)).toHaveProperty('NO_DATASET_JSON');
    expect(report.decisions).toMatchObject([{ source: 'user', confidence: 1 }]);
  });
});

it('no file of a set but masks from boxes and the like is written', async () => {
  const root = await temporaryFolder();
  const { dataset } = await importTree(root, mctCase('x'));
  const made = join(root, 'made');
  const { readdir } = await import('node:fs/promises');
  expect((await readdir(made)).sort()).toEqual(['dataset.phases.csv', 'dataset.yaml']);
  expect(dataset.cases).toHaveLength(1);
});
