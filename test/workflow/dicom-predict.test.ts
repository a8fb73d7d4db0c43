import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatasetInput, writeDataset, writeVolume } from '@flc-native/pipeline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { squareCase } from '../../packages/classifier/test/square-cohort.js';
import { segmentationFile, writeSeries } from '../../packages/pipeline/test/dicom-files.js';
import { succeed, tinyNetwork } from './steps.js';

let dir: string;
const phases = ['NC', 'ART', 'PV'];
const classes = ['cyst', 'fnh', 'hcc', 'hem'];
/** What is predicted: a study of each class. */
const studies = [20, 21, 22, 23];

type Case = DatasetInput['cases'][number];

async function dataset(name: string, cases: Case[]): Promise<void> {
  await writeDataset(join(dir, name), {
    ...{ format: 'flc-dataset', version: 1, modality: 'CT', reference: 'PV' },
    ...{ phases, classes, cases },
  });
}

async function asNifti(i: number): Promise<Case> {
  const { phases: volumes, mask, class: name } = squareCase(i);
  for (const [p, phase] of phases.entries()) {
    await writeVolume(join(dir, `${i}/${phase}.nii.gz`), volumes[p] as (typeof volumes)[number]);
  }
  await writeVolume(join(dir, `${i}/lesion.nii.gz`), mask);
  return {
    ...{ id: `study ${i}`, patient: `patient ${i}` },
    phases: Object.fromEntries(phases.map((phase) => [phase, `${i}/${phase}.nii.gz`])),
    lesions: [{ mask: `${i}/lesion.nii.gz`, class: name }],
  };
}

/** The same, a series of files for each phase and the lesion as SEG. */
async function asDicom(i: number): Promise<Case> {
  const { phases: volumes, mask, class: name } = squareCase(i);
  const folder = `${i} dicom`;
  for (const [p, phase] of phases.entries()) {
    const volume = volumes[p] as (typeof volumes)[number];
    await writeSeries(join(dir, folder, phase), volume, { series: `${i} ${phase}` });
  }
  const segment = { number: 1, label: 'Lesion', data: mask.data };
  await writeFile(join(dir, folder, 'seg.dcm'), segmentationFile(mask, [segment]));
  return {
    ...{ id: `study ${i}`, patient: `patient ${i}` },
    phases: Object.fromEntries(phases.map((phase) => [phase, { dicom: `${folder}/${phase}` }])),
    lesions: [{ mask: { dicom: `${folder}/seg.dcm`, segment: 'Lesion' }, class: name }],
  };
}

/** A model of a few steps, and the same studies in two forms. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-dicom-predict-'));
  const cases = await Promise.all(Array.from({ length: 20 }, (_, i) => asNifti(i)));
  await dataset('training.yaml', cases);
  await dataset('nifti.yaml', await Promise.all(studies.map(asNifti)));
  await dataset('dicom.yaml', await Promise.all(studies.map(asDicom)));
  await succeed(dir, 'prepare', '--dataset', 'training.yaml', '--out', 'prepared');
  await succeed(dir, 'split', '--prepared', 'prepared', '--partitions', '1');
  await succeed(dir, 'train', '--prepared', 'prepared', '--run', 'run', ...tinyNetwork);
}, 300_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

it('predicts a DICOM study as it predicts its NIfTI copy', async () => {
  const predict = async (file: string) =>
    // Without air or bone the squares look like an image of a window to `check`.
    (await succeed(dir, 'predict', '--model', 'run/model', '--dataset', file, '--force')).json as {
      readonly predictions: readonly { readonly class: string; readonly slices: number }[];
    };
  const dicom = await predict('dicom.yaml');
  expect(dicom.predictions).toHaveLength(studies.length);
  for (const { class: name, slices } of dicom.predictions) {
    expect(classes).toContain(name);
    expect(slices).toBe(1);
  }
  expect(dicom).toEqual(await predict('nifti.yaml'));
});
