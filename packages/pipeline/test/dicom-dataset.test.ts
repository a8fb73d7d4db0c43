import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkDataset,
  type Dataset,
  type DatasetInput,
  prepareDataset,
  readDataset,
  readPrepared,
  writeDataset,
  writeVolume,
} from '../src/index.js';
import { abdomen, boxMask, classes, temporaryFolder } from './cohort.js';
import { segmentationFile, structureSetFile, writeSeries } from './dicom-files.js';

const patient = 'Mustermann^Erika';
const lesion = boxMask([12, 10, 2], [24, 20, 6]);
let root: string;

const phaseOf = { NC: 0, ART: 10, PV: 20 } as const;

/** One study folder with three series under a folder that is named after the patient. */
beforeAll(async () => {
  root = await temporaryFolder();
  const study = join(root, 'Mustermann_Erika');
  for (const [phase, seed] of Object.entries(phaseOf)) {
    await writeSeries(join(study, phase), abdomen(seed), { series: phase, patient });
    await writeVolume(join(root, 'plain', `${phase}.nii.gz`), abdomen(seed));
  }
  await writeVolume(join(root, 'plain', 'lesion.nii.gz'), lesion);
  const segments = [
    { number: 1, label: 'Liver', data: boxMask([4, 2, 0], [38, 34, 8]).data },
    { number: 2, label: 'Mass', data: lesion.data },
  ];
  await writeFile(join(root, 'seg.dcm'), segmentationFile(lesion, segments));
  // Between the voxels: the contour of a box from 11.5 to 23.5.
  const [dx, dy, dz] = lesion.spacing;
  const [ox, oy, oz] = lesion.origin;
  const contours = [2, 3, 4, 5].map((z) =>
    [
      [11.5, 9.5],
      [23.5, 9.5],
      [23.5, 19.5],
      [11.5, 19.5],
    ].map(([x, y]) => [ox + dx * (x as number), oy + dy * (y as number), oz + dz * z] as const),
  );
  const rois = [{ number: 5, name: 'GTV', contours }];
  await writeFile(join(root, 'rtstruct.dcm'), structureSetFile(rois));
});

type Case = DatasetInput['cases'][number];

async function dataset(
  name: string,
  part: Pick<Case, 'phases' | 'lesions' | 'liver'>,
): Promise<Dataset> {
  const file = join(root, `${name}.yaml`);
  await writeDataset(file, {
    format: 'flc-dataset',
    version: 1,
    modality: 'CT',
    phases: ['NC', 'ART', 'PV'],
    reference: 'PV',
    classes,
    cases: [{ id: 'Mustermann Erika', patient, ...part }],
  });
  return readDataset(file);
}

const series = (phase: keyof typeof phaseOf) => ({ dicom: `Mustermann_Erika/${phase}` });
const phases = { NC: series('NC'), ART: series('ART'), PV: series('PV') };

async function samplesOf(from: Dataset, name: string) {
  const out = join(root, name);
  const report = await prepareDataset(from, out, { workers: 0, slices: 'all' });
  expect(report.failed).toEqual([]);
  const prepared = await readPrepared(out);
  return Promise.all(
    prepared.index.samples.map(async (sample) => {
      const { image, mask, liverMean } = await prepared.loadSample(sample);
      return { slice: sample.slice, box: sample.box, image, mask, liverMean };
    }),
  );
}

describe('a dataset of DICOM', () => {
  it.each([
    ['a segment', { dicom: 'seg.dcm', segment: 'Mass' }],
    ['a region', { dicom: 'rtstruct.dcm', roi: 'GTV' }],
    ['a segment for each phase', { PV: { dicom: 'seg.dcm', segment: 2 } }],
  ])(
    'is checked and prepared as the same dataset of NIfTI, with %s as mask',
    async (name, mask) => {
      const liver = { dicom: 'seg.dcm', segment: 1 };
      const dicom = await dataset(name, { phases, liver, lesions: [{ mask, class: 'hcc' }] });
      expect(await checkDataset(dicom, { workers: 0 })).toMatchObject({ findings: [], lesions: 1 });
      const plain = await dataset(`${name} plain`, {
        phases: { NC: 'plain/NC.nii.gz', ART: 'plain/ART.nii.gz', PV: 'plain/PV.nii.gz' },
        liver,
        lesions: [{ mask: 'plain/lesion.nii.gz', class: 'hcc' }],
      });
      expect(await samplesOf(dicom, `${name} out`)).toEqual(
        await samplesOf(plain, `${name} plain out`),
      );
    },
  );

  it('chooses a series of a study by its UID, and says so where it must be chosen', async () => {
    const uid = async (phase: string) => {
      const { scanDicom } = await import('../src/index.js');
      return (await scanDicom(join(root, 'Mustermann_Erika', phase))).stacks[0]
        ?.seriesUid as string;
    };
    const study = 'Mustermann_Erika';
    const chosen = await dataset('chosen', {
      phases: {
        NC: { dicom: study, series: await uid('NC') },
        ART: { dicom: study, series: await uid('ART'), acquisition: 1 },
        PV: { dicom: study },
      },
      lesions: [{ mask: 'plain/lesion.nii.gz' }],
    });
    const { findings } = await checkDataset(chosen, { workers: 0 });
    expect(findings).toMatchObject([
      { code: 'UNREADABLE_FILE', message: expect.stringContaining('phase PV: DICOM: 3 series') },
    ]);
  });

  it('has warnings for phases and masks of other frames of reference, and for names in unknown characters', async () => {
    const ownFrame = { vr: 'UI', value: '1.2.3' };
    await writeSeries(join(root, 'frames', 'ART'), abdomen(10), {
      series: 'ART',
      change: (elements) => {
        elements.x00200052 = ownFrame;
        elements.x00080005 = { vr: 'CS', value: 'ISO_IR 999' };
      },
    });
    const segments = [{ number: 1, label: 'Mass', data: lesion.data }];
    const seg = segmentationFile(lesion, segments, 'BINARY', { frame: '1.2.4' });
    await writeFile(join(root, 'frames', 'seg.dcm'), seg);
    const from = await dataset('frames', {
      phases: { ...phases, ART: { dicom: 'frames/ART' } },
      lesions: [{ mask: { dicom: 'frames/seg.dcm' }, class: 'hcc' }],
    });
    const { findings } = await checkDataset(from, { workers: 0 });
    expect(findings).toMatchObject(
      [
        { severity: 'warning', code: 'CHARACTER_SET', message: /^phase ART: .*"ISO_IR 999"/ },
        { severity: 'warning', code: 'FRAME_OF_REFERENCE', message: /^phase ART: another frame/ },
        { severity: 'warning', code: 'FRAME_OF_REFERENCE', message: /^mask of lesion-1: / },
      ].map(({ message, ...rest }) => ({ ...rest, message: expect.stringMatching(message) })),
    );
    const { warnings } = await prepareDataset(from, join(root, 'frames', 'out'), { workers: 0 });
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^phase ART: .*"ISO_IR 999"/),
      expect.stringMatching(/^phase ART: another frame/),
      expect.stringMatching(/^mask of lesion-1: /),
    ]);
  });

  it('is redone if a slice changes, and else kept', async () => {
    const lesions = [{ mask: { dicom: 'seg.dcm', segment: 2 } }];
    const from = await dataset('again', { phases, lesions });
    const run = () => prepareDataset(from, join(root, 'again'), { workers: 0 });
    expect(await run()).toMatchObject({ prepared: 1, reused: 0 });
    expect(await run()).toMatchObject({ prepared: 0, reused: 1 });
    const folder = join(root, 'Mustermann_Erika', 'ART');
    const file = join(folder, (await readdir(folder))[3] as string);
    // Touched, the same content: hashed and kept.
    await utimes(file, 1e9, 1e9);
    expect(await run()).toMatchObject({ prepared: 0, reused: 1 });
    const bytes = await readFile(file);
    bytes[bytes.length - 2] = (bytes.at(-2) as number) ^ 1;
    await writeFile(file, bytes);
    expect(await run()).toMatchObject({ prepared: 1, reused: 0 });
  });

  it('with a slice missing is an error with the slice as file', async () => {
    const folder = join(root, 'gap');
    const files = await writeSeries(folder, abdomen(5), { series: 'gap' });
    await rm(files[4] as string);
    const from = await dataset('gap', {
      phases: { ...phases, ART: { dicom: 'gap' } },
      lesions: [{ mask: { dicom: 'seg.dcm', segment: 2 } }],
    });
    const { findings } = await checkDataset(from, { workers: 0 });
    expect(findings).toMatchObject([{ code: 'MISSING_SLICE', severity: 'error' }]);
    expect(findings[0]?.file).toBe(files[5]);
    const { failed } = await prepareDataset(from, join(root, 'gap out'), { workers: 0 });
    expect(failed[0]?.error).toMatchObject({
      code: 'DATA_ERROR',
      details: { fault: 'MISSING_SLICE' },
    });
    expect(failed[0]?.error.details.file).toBe(files[5]);
  });

  it('refuses keys that a DICOM source does not have', async () => {
    const bad = { ...phases, ART: { dicom: 'x', serie: '1.2' } } as unknown as Case['phases'];
    await expect(dataset('bad', { phases: bad, lesions: [] })).rejects.toMatchObject({
      code: 'INVALID_CONFIG',
      message: expect.stringContaining(
        'cases[0].phases.ART: unknown key "serie", did you mean "series"',
      ),
    });
  });

  it('leaves no name of a patient in what is prepared or reported', async () => {
    const from = await dataset('private', {
      phases,
      lesions: [{ mask: { dicom: 'seg.dcm', segment: 2 } }],
    });
    const out = join(root, 'private');
    const check = await checkDataset(from);
    const report = await prepareDataset(from, out);
    const texts = [JSON.stringify(check), JSON.stringify(report)];
    for (const file of await readdir(out, { recursive: true, withFileTypes: true })) {
      texts.push(file.name);
      if (file.isFile()) texts.push(await readFile(join(file.parentPath, file.name), 'latin1'));
    }
    expect(report.samples).toBeGreaterThan(0);
    for (const text of texts) expect(text).not.toMatch(/mustermann|erika/i);
  });
});
