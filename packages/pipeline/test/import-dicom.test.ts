import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { uidOf } from '../src/dicom/write-dicom.js';
import { readDicomStudies } from '../src/import/dicom-studies.js';
import { readSourceTree } from '../src/import/source-tree.js';
import { importDataset, readDataset, readVolume, type Volume } from '../src/index.js';
import { boxMask, temporaryFolder, volumeOf } from './cohort.js';
import { segmentationFile, writeSeries } from './dicom-files.js';
import { checkAndPrepare, lesion, warningsOf } from './import-trees.js';

/** Columns of the test grid that are aorta, portal vein and liver; air beside them. */
function study(aorta: number, portal: number, liver: number): Volume {
  return volumeOf((x, y, z) => {
    const texture = (x * 7 + y * 13 + z * 29) % 7;
    if (x < 3) return -1000;
    return texture + (x < 7 ? aorta : x < 11 ? portal : liver);
  });
}
const organs = [
  { number: 1, label: 'Liver', data: boxMask([11, 0, 0], [40, 36, 8]).data },
  { number: 2, label: 'Mass', data: lesion.data },
  { number: 3, label: 'Portal vein', data: boxMask([7, 0, 0], [11, 36, 8]).data },
  { number: 4, label: 'Abdominal aorta', data: boxMask([3, 0, 0], [7, 36, 8]).data },
];

interface Header {
  readonly patient?: string;
  readonly study?: string;
  readonly acquisition?: number;
  readonly time?: string;
  readonly description?: string;
  readonly instance?: (z: number) => number;
  readonly intercept?: number;
  readonly imageType?: string;
}

/** Writes one series with header elements as scanners write them. */
async function writeStack(folder: string, volume: Volume, series: string, header: Header) {
  const { patient = 'none', acquisition = 1, time = '101500', description, instance } = header;
  const { intercept = -1024, imageType } = header;
  await writeSeries(folder, volume, {
    series,
    patient,
    intercept,
    // Names in the order against that of the slices.
    name: (z) => `${series.replace(/\W/g, '')}a${acquisition}-${9 - z}.dcm`,
    change(elements, z) {
      elements.x00080018 = { vr: 'UI', value: uidOf(`${series}/${acquisition}/${z}/${patient}`) };
      elements.x0020000d = { vr: 'UI', value: uidOf(`${header.study ?? 'study'}/${patient}`) };
      elements.x0020000e = { vr: 'UI', value: uidOf(`${series}/${patient}`) };
      elements.x00080020 = { vr: 'DA', value: '20190305' };
      elements.x00080032 = { vr: 'TM', value: time };
      elements.x00200012 = { vr: 'IS', value: [acquisition] };
      if (description !== undefined) elements.x0008103e = { vr: 'LO', value: description };
      if (imageType !== undefined) elements.x00080008 = { vr: 'CS', value: imageType };
      if (instance !== undefined) elements.x00200013 = { vr: 'IS', value: [instance(z)] };
    },
  });
}

async function importFolder(root: string, options = {}) {
  const out = join(root, 'made', 'dataset.yaml');
  const report = await importDataset({ from: join(root, 'set'), out, ...options });
  return { report, dataset: await readDataset(out), out };
}

describe('HCC-TACE-Seg', () => {
  it('is split by acquisition; SEG lies by geometry and its organs tell the phases', async () => {
    const root = await temporaryFolder();
    for (const patient of ['HCC_001', 'HCC_012']) {
      const folder = join(root, 'set', patient, '1.2.840.1', '1.2.840.2');
      const seed = patient === 'HCC_001' ? 0 : 2;
      const scans = [
        ['101500', study(300 + seed, 90, 70)],
        ['101545', study(160 + seed, 168, 110)],
        ['101800', study(112 + seed, 110, 88)],
      ] as const;
      for (const [i, [time, volume]] of scans.entries()) {
        if (patient === 'HCC_012' && i > 0) continue;
        const header = { patient, acquisition: i + 2, time, description: 'LIVER 3 PHASE (AP)' };
        await writeStack(folder, volume, 'ct', { ...header, description: 'LIVER 3 PHASE' });
      }
      await mkdir(join(root, 'set', patient, '1.2.840.1', '1.2.840.9'), { recursive: true });
      const seg = segmentationFile(scans[0][1], organs);
      await writeFile(join(root, 'set', patient, '1.2.840.1', '1.2.840.9', '1-1.dcm'), seg);
    }
    const imported = await importFolder(root, { phases: ['ART', 'PV', 'DL'] });
    const { report, dataset } = imported;
    expect(report).toMatchObject({
      layout: 'hcc-tace-seg',
      cases: 1,
      reference: 'PV',
      lesions: { total: 1, byClass: { hcc: 1 } },
      phasesFound: { ART: 2, PV: 1, DL: 1 },
    });
    expect(report.licence).toContain('CC BY 4.0');
    expect(report.decisions.slice(0, 3).map(({ phase, source }) => [phase, source])).toEqual([
      ['ART', 'image'],
      ['PV', 'image'],
      ['DL', 'image'],
    ]);
    expect(report.decisions[0]?.reason).toContain('aorta 303 HU, portal vein 93 HU');
    expect(report.apart.map(({ caseName }) => caseName)).toEqual(['HCC_012']);
    expect(report.warnings.filter(({ code }) => code === 'KNOWN_FAULT')).toHaveLength(2);
    const [first] = dataset.cases;
    expect(first).toMatchObject({ id: 'HCC_001', patient: 'HCC_001', studyDate: '2019-03-05' });
    expect(first?.lesions).toMatchObject([{ mask: { segment: 2 }, class: 'hcc' }]);
    expect(await checkAndPrepare(imported)).toMatchObject({
      ok: true,
      findings: {},
      prepared: 1,
      failed: [],
      samples: 1,
    });
  });
});

describe('3D-IRCADb-01', () => {
  it('pairs mask folders with slices by InstanceNumber', async () => {
    const root = await temporaryFolder();
    const image = study(150, 140, 105);
    const reversed = (z: number) => 100 + z;
    const patient = (n: number) => join(root, 'set', `3Dircadb1.${n}`);
    const header = { patient: 'liver_nn', instance: reversed };
    await writeStack(join(patient(1), 'PATIENT_DICOM'), image, 'ct', header);
    // Not the same from either end.
    const tumourAt = boxMask([12, 10, 1], [24, 20, 5]);
    const tumour = { data: tumourAt.data };
    const masks = {
      liver: organs[0],
      livertumor01: tumour,
      livercyst: organs[1],
      bone: organs[2],
    };
    for (const [organ, content] of Object.entries(masks)) {
      const data = Int16Array.from(content?.data as Uint8Array, (v) => 255 * v);
      // Positions that are wrong, as the masks' headers are not to be relied on.
      const mask = { ...image, data, dtype: 'int16', origin: [0, 0, 900] } as Volume;
      await writeStack(join(patient(1), 'MASKS_DICOM', organ), mask, organ, {
        ...header,
        intercept: 0,
      });
    }
    await writeStack(join(patient(5), 'PATIENT_DICOM'), study(151, 141, 106), 'ct', header);
    await mkdir(patient(7), { recursive: true });
    await writeFile(join(patient(7), 'PATIENT_DICOM.zip'), 'packed');
    const imported = await importFolder(root);
    const { report, dataset, out } = imported;
    expect(report).toMatchObject({
      layout: 'ircadb',
      cases: 2,
      phases: ['PV'],
      lesions: { total: 2, byClass: { cyst: 1 }, unlabelled: 1 },
      skipped: [{ reason: expect.stringContaining('unpack') }],
    });
    expect(report.licence).toContain('BY-NC-ND');
    const [first] = dataset.cases;
    const file = first?.lesions.find(({ class: name }) => name === undefined)?.mask as string;
    const written = await readVolume(join(out, '..', file));
    expect(Buffer.compare(written.data as Uint8Array, tumourAt.data as Uint8Array)).toBe(0);
    expect(written.origin).toEqual(image.origin);
    expect(await checkAndPrepare(imported)).toMatchObject({
      ok: true,
      findings: { NO_LESION: 1 },
      prepared: 2,
      samples: 2,
    });
  });

  it('reports a mask that fits no slice', async () => {
    const root = await temporaryFolder();
    const folder = join(root, 'set', '3Dircadb1.2');
    const image = study(150, 140, 105);
    await writeStack(join(folder, 'PATIENT_DICOM'), image, 'ct', { instance: (z) => z });
    const mask = join(folder, 'MASKS_DICOM', 'livertumor');
    await writeStack(mask, { ...image }, 'm', { instance: (z) => z + 50 });
    const { report } = await importFolder(root);
    expect(report.lesions.total).toBe(0);
    expect(warningsOf(report)).toMatchObject({ BAD_MASK: 1, NO_LESION: 1 });
  });
});

describe('a hospital tree', () => {
  async function hospital(root: string) {
    const erika = join(root, 'set', 'Mustermann^Erika', 'CT 2019');
    const descriptions = [
      ['nativ', study(40, 42, 55)],
      ['Leber art. 3.0', study(300, 90, 70)],
      ['Abdomen portalvenös', study(160, 168, 110)],
    ] as const;
    for (const [i, [description, volume]] of descriptions.entries()) {
      const header = { patient: 'Mustermann^Erika', description, time: `10150${i}` };
      await writeStack(join(erika, `SE${i}`), volume, `s${i}`, header);
    }
    const seg = segmentationFile(descriptions[0][1], [
      { number: 1, label: 'HCC Segment VIII', data: lesion.data },
    ]);
    await writeFile(join(erika, 'seg.dcm'), seg);
    await writeFile(join(root, 'set', 'README.txt'), 'export of the PACS');
    // Another patient with a scout and a series that lacks a slice.
    const max = join(root, 'set', 'Mustermann^Max');
    const scout = { ...descriptions[0][1], size: [40, 36, 1] } as unknown as Volume;
    await writeStack(max, { ...scout, data: scout.data.slice(0, 1440) }, 'scout', {
      patient: 'Mustermann^Max',
      imageType: 'ORIGINAL\\PRIMARY\\LOCALIZER',
    });
    await writeStack(join(max, 'x'), study(301, 91, 71), 'gap', { patient: 'Mustermann^Max' });
    const [middle] = (await readdir(join(max, 'x'))).filter((name) => name.endsWith('-5.dcm'));
    await rm(join(max, 'x', middle as string));
  }

  it('becomes cases by study, with SEG masks; faults are reported', async () => {
    const root = await temporaryFolder();
    await hospital(root);
    const imported = await importFolder(root);
    const { report, dataset } = imported;
    expect(report).toMatchObject({
      layout: 'dicom',
      cases: 1,
      phases: ['NC', 'ART', 'PV'],
      reference: 'PV',
      lesions: { total: 1, byClass: { hcc: 1 } },
    });
    expect(report.decisions.map(({ phase, source }) => [phase, source])).toEqual(
      expect.arrayContaining([
        ['NC', 'description'],
        ['ART', 'description'],
        ['PV', 'description'],
      ]),
    );
    expect(report.skipped).toMatchObject([{ caseName: 'Mustermann^Max' }]);
    expect(report.warnings.map(({ message }) => message)).toContain('a series is a scout view');
    expect(dataset.cases[0]?.phases.ART).toEqual({ dicom: '../set/Mustermann^Erika/CT 2019/SE1' });
    expect(JSON.stringify(report)).not.toMatch(/mustermann|VIII/i);
    expect(await checkAndPrepare(imported)).toMatchObject({ ok: true, findings: {}, samples: 1 });
    const phases = await readFile(imported.out.replace('.yaml', '.phases.csv'), 'utf8');
    expect(phases.split('\n')).toHaveLength(5);
  });

  it('of MR has the phases and sequences of MR, on which one lesion is drawn', async () => {
    const root = await temporaryFolder();
    for (const [i, description] of ['T1 in phase', 'T2 TSE', 'T1 art', 'T1 ven'].entries()) {
      await writeSeries(join(root, 'set', 'p', `${i}`), study(100 + i, 200, 300), {
        series: `mr${i}`,
        change(elements) {
          elements.x00080060 = { vr: 'CS', value: 'MR' };
          elements.x00080016 = { vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.4' };
          elements.x0008103e = { vr: 'LO', value: description };
        },
      });
    }
    const segments = ['lesion T2', 'lesion art', 'lesion ven'].map((label, i) => ({
      ...{ number: i + 1, label, data: lesion.data },
    }));
    await writeFile(join(root, 'set', 'p', 'seg.dcm'), segmentationFile(lesion, segments));
    const { report, dataset } = await importFolder(root);
    expect(report).toMatchObject({ layout: 'dicom', modality: 'MR' });
    expect(report.decisions.map(({ phase }) => phase).sort()).toEqual([
      'ART',
      'InPhase',
      'PV',
      'T2WI',
    ]);
    const masks = dataset.cases[0]?.lesions.map(({ mask }) => Object.keys(mask as object).sort());
    expect(masks).toEqual([['ART', 'PV', 'T2WI']]);
  });

  it('of two studies of a patient is two cases, and tells of a mask that names neither', async () => {
    const root = await temporaryFolder();
    const folder = join(root, 'set', 'erika');
    for (const when of ['before', 'after']) {
      const header = { patient: 'Erika', study: when, description: 'portalvenös' };
      await writeStack(join(folder, when), study(160, 168, 110), when, header);
    }
    const segments = [{ number: 1, label: 'Mass', data: lesion.data }];
    await writeFile(join(folder, 'seg.dcm'), segmentationFile(lesion, segments));
    const { report, dataset } = await importFolder(root);
    expect(dataset.cases.map(({ id, patient }) => [id, patient])).toEqual([
      ['Erika 1', 'Erika'],
      ['Erika 2', 'Erika'],
    ]);
    expect(report.lesions.total).toBe(0);
    expect(report.warnings).toContainEqual({
      code: 'MASK_WITHOUT_STUDY',
      message: '1 segmentation or structure set belongs to no study that is here',
      caseIds: [],
    });
  });

  it('with a folder of DICOM for each phase and a mask beside them', async () => {
    const root = await temporaryFolder();
    const scans = { nc: study(40, 42, 55), art: study(300, 90, 70), pv: study(160, 168, 110) };
    for (const [phase, volume] of Object.entries(scans)) {
      await writeStack(join(root, 'set', 'case-1', phase), volume, phase, {});
    }
    const { writeVolume } = await import('../src/index.js');
    await writeVolume(join(root, 'set', 'case-1', 'fnh_mask.nii.gz'), lesion);
    const imported = await importFolder(root);
    expect(imported.report).toMatchObject({
      layout: 'folder',
      phases: ['NC', 'ART', 'PV'],
      lesions: { byClass: { fnh: 1 } },
    });
    expect(await checkAndPrepare(imported)).toMatchObject({ ok: true, findings: {}, samples: 1 });
    const [slice] = await readdir(join(root, 'set', 'case-1', 'art'));
    const file = join(root, 'set', 'case-1', 'art', slice as string);
    await writeFile(file, (await readFile(file)).subarray(0, 500));
    const { warnings } = (await importFolder(root)).report;
    const unreadable = warnings.find(({ code }) => code === 'UNREADABLE_FILE');
    expect(unreadable).toMatchObject({ caseNames: ['case-1'], file });
  });
});

describe('organs that tell the phase', () => {
  /** The image of a study with a portal vein beside it and a liver on it; `seg` is the file of its masks. */
  async function measured() {
    const root = await temporaryFolder();
    await writeStack(join(root, 'p'), study(300, 90, 70), 'ct', {});
    const named = (name: string) => organs.filter(({ label }) => label === name);
    const beside = { ...lesion, origin: [900, 900, 900] } as Volume;
    const seg = join(root, 'p', 'seg.dcm');
    await writeFile(seg, segmentationFile(lesion, named('Liver')));
    await writeFile(join(root, 'p', 'beside.dcm'), segmentationFile(beside, named('Portal vein')));
    const tree = await readSourceTree(root);
    const context = { classMap: {}, boxes: 'none', onProgress() {}, writeMask: rejects } as const;
    const { cases } = await readDicomStudies(tree, tree.files, 'p', context);
    return { image: cases[0]?.images[0], seg };
  }
  const rejects = () => Promise.reject(new Error('nothing is to be written'));

  it('are measured where they fit the image', async () => {
    const { image } = await measured();
    expect(Object.keys((await image?.organs?.()) ?? {})).toEqual(['liver']);
  });

  it('are not what a file says that cannot be read', async () => {
    const { image, seg } = await measured();
    await rm(seg);
    await expect(image?.organs?.()).rejects.toMatchObject({ code: 'IO_ERROR' });
  });
});
