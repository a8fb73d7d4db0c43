import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scanFiles } from '../src/dicom/scan-dicom.js';
import {
  type DicomStack,
  readDicomSegmentation,
  readDicomStack,
  readVolume,
  reorientToLps,
  scanDicom,
  type Volume,
} from '../src/index.js';

const shared = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));

/** By pydicom: see reference/dicom_volumes.py. */
const reference = JSON.parse(
  readFileSync(new URL('./reference/dicom-volumes.json', import.meta.url), 'utf8'),
) as Record<string, { size: number[]; sha256: string; mean: number }>;

async function stackOf(...parts: string[]): Promise<DicomStack> {
  const path = join(shared, ...parts);
  const isFolder = readdirSync(join(path, '..'), { withFileTypes: true }).some(
    (entry) => entry.isDirectory() && path.endsWith(entry.name),
  );
  const { stacks } = isFolder ? await scanDicom(path) : await scanFiles(shared, [path]);
  expect(stacks).toHaveLength(1);
  return stacks[0] as DicomStack;
}

function sha256({ data }: Volume): string {
  const values = Float32Array.from(data);
  return createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex');
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[i] as number;
  return sum / values.length;
}

// The project does not hold these files; without ../shared/data the suite is skipped and says so.
describe.skipIf(!existsSync(shared))('real DICOM (skipped without ../shared/data)', () => {
  it.each([
    'cornerstone3D/CTImage.dcm',
    'cornerstone3D/CT1_J2KR',
    'cornerstone3D/CT2_J2KR',
    'pydicom-data/eCT_Supplemental.dcm',
    'pydicom-data/explicit_VR-UN.dcm',
    'totalsegmentator/example_ct_dicom',
    'dcmqi/ct-3slice',
  ])('%s holds the HU that pydicom reads', async (name) => {
    const volume = await readDicomStack(await stackOf(name));
    const expected = reference[name];
    expect(volume.size).toEqual(expected?.size);
    expect(sha256(volume)).toBe(expected?.sha256);
  });

  const lossless = [
    'LittleEndianImplicitTransferSyntax_1.2.840.10008.1.2',
    'LittleEndianExplicitTransferSyntax_1.2.840.10008.1.2.1',
    'BigEndianExplicitTransferSyntax_1.2.840.10008.1.2.2',
    'DeflatedExplicitVRLittleEndianTransferSyntax_1.2.840.10008.1.2.1.99',
    'RLELosslessTransferSyntax_1.2.840.10008.1.2.5',
    'JPEGProcess14TransferSyntax_1.2.840.10008.1.2.4.57',
    'JPEGProcess14SV1TransferSyntax_1.2.840.10008.1.2.4.70',
    'JPEGLSLosslessTransferSyntax_1.2.840.10008.1.2.4.80',
    'JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90',
  ];
  it.each(lossless)('%s is the uncompressed image, pixel by pixel', async (syntax) => {
    const volume = await readDicomStack(
      await stackOf('cornerstone3D', `CTImage.dcm_${syntax}.dcm`),
    );
    expect(sha256(volume)).toBe(reference['cornerstone3D/CTImage.dcm']?.sha256);
  });

  // Largest and mean difference in HU from the uncompressed image, within the field of view. The
  // 12 bit JPEGs have steps of 2 HU, the 8 bit one of 32 HU, which their slopes say.
  it.each([
    ['JPEGLSLossyTransferSyntax_1.2.840.10008.1.2.4.81', 1, 0.75],
    ['JPEG2000TransferSyntax_1.2.840.10008.1.2.4.91', 5, 0.75],
    ['JPEGProcess2_4TransferSyntax_1.2.840.10008.1.2.4.51', 40, 5],
    ['JPEGProcess6_8TransferSyntax_1.2.840.10008.1.2.4.53', 40, 5],
    ['JPEGProcess10_12TransferSyntax_1.2.840.10008.1.2.4.55', 40, 5],
    ['JPEGProcess1TransferSyntax_1.2.840.10008.1.2.4.50', 70, 20],
  ])('%s is within %d HU of it, %d on average', async (syntax, largest, average) => {
    const exact = await readDicomStack(await stackOf('cornerstone3D', 'CTImage.dcm'));
    const lossy = await readDicomStack(await stackOf('cornerstone3D', `CTImage.dcm_${syntax}.dcm`));
    const differences: number[] = [];
    exact.data.forEach((v: number, i: number) => {
      if (v > -1024) differences.push(Math.abs((lossy.data[i] as number) - v));
    });
    expect(differences.reduce((a, b) => Math.max(a, b), 0)).toBeLessThanOrEqual(largest);
    expect(mean(differences)).toBeLessThan(average);
  });

  it('an enhanced CT with JPEG in fragments and no offset table has both frames', async () => {
    const name = 'cornerstone3D/CT0012.fragmented_no_bot_jpeg_baseline.51.dcm';
    const volume = await readDicomStack(await stackOf(name));
    expect(volume.size).toEqual([512, 512, 2]);
    expect(Math.abs(mean(volume.data) - (reference[name]?.mean as number))).toBeLessThan(0.1);
  });

  it('a series with blank UIDs and no extension lies where its organ labels do', async () => {
    const stack = await stackOf('totalsegmentator/example_ct_dicom');
    expect(stack.seriesUid).toBeUndefined();
    expect(stack.slices[0]?.facts.instanceUid).toMatch(/^1\.3\.12\.2\.1107/);
    const ct = await readDicomStack(stack);
    const organs = await readVolume(join(shared, 'totalsegmentator/example_seg_dicom.nii.gz'));
    expect(organs.size).toEqual(ct.size);
    // NIfTI stores the rows the other way round; both are brought to one order by geometry.
    const [image, labels] = [reorientToLps(ct), reorientToLps(organs)];
    const of = (label: number) => {
      const hu: number[] = [];
      labels.data.forEach((v: number, i: number) => {
        if (v === label) hu.push(image.data[i] as number);
      });
      return hu;
    };
    const liver = of(5);
    expect(liver).toHaveLength(366_708);
    // SOURCE.md and the notes on the data: liver 89.3 HU, aorta 177 HU.
    expect(mean(liver)).toBeCloseTo(89.3, 1);
    expect(mean(of(52))).toBeGreaterThan(170);
  });
});

describe.skipIf(!existsSync(shared))('real segmentations (skipped without ../shared/data)', () => {
  const seg = (name: string) => join(shared, 'dcmqi/seg', name);

  it('the liver is that of the NRRD, voxel by voxel', async () => {
    const expected = await readVolume(seg('liver_seg.nrrd'));
    const grid = (await stackOf('dcmqi/ct-3slice')).grid;
    for (const onto of [expected, grid]) {
      const { data } = await readDicomSegmentation(seg('liver.dcm'), 'Liver', onto);
      expect(data.length).toBe(expected.data.length);
      expect(data.every((v: number, i: number) => v === expected.data[i])).toBe(true);
    }
  });

  it('overlapping segments are each whole', async () => {
    const { grid } = await stackOf('dcmqi/ct-3slice');
    const masks = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => readDicomSegmentation(seg('partial_overlaps.dcm'), n, grid)),
    );
    // By pydicom: bits of the frames of each segment.
    expect(masks.map(({ data }) => data.filter((v: number) => v === 1).length)).toEqual(
      overlapping,
    );
    const both = masks[0]?.data.filter(
      (v: number, i: number) => v === 1 && masks[1]?.data[i] === 1,
    );
    expect(both?.length).toBeGreaterThan(0);
  });

  it('a sparse label map leaves the slices between its frames empty', async () => {
    const onto = {
      size: [24, 38, 5],
      spacing: [0.7, 0.7, 2.5],
      origin: [46.464901, 5.0188098, -180.25],
      direction: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    } as const;
    const { data } = await readDicomSegmentation(seg('sparse-labelmap-ppv5.dcm'), 'Liver', onto);
    const plane = 24 * 38;
    const counts = [0, 1, 2, 3, 4].map(
      (z) => data.subarray(z * plane, (z + 1) * plane).filter((v: number) => v === 1).length,
    );
    expect(counts).toEqual([0, sparse[0], 0, sparse[1], 0]);
  });
});

const overlapping = [9602, 11888, 10743, 6693, 4713];
/** By pydicom: pixels of value 1 in the two frames. */
const sparse = [315, 315];
