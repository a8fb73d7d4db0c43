import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  checkDataset,
  makeVolume,
  prepareDataset,
  readDataset,
  readPrepared,
  readVolume,
  type Volume,
  writeDataset,
  writeVolume,
} from '../src/index.js';
import { temporaryFolder } from './cohort.js';

const shared = fileURLToPath(new URL('../../../../shared/data/totalsegmentator/', import.meta.url));
/** Label of the liver in the segmentation (TotalSegmentator's class map). */
const liverLabel = 5;

/** A copy with `change` added inside the lesion. */
function enhanced(ct: Volume, lesion: Uint8Array, change: number, everywhere: number): Volume {
  const data = Int16Array.from(ct.data, (v, i) => v + everywhere + (lesion[i] === 1 ? change : 0));
  return makeVolume(ct, data);
}

/** A ball of 18 mm radius round the middle of the liver, cut to the liver. */
function ballInLiver(liver: Volume): Uint8Array {
  const [nx, ny] = liver.size;
  const inside: number[] = [];
  liver.data.forEach((v: number, i: number) => {
    if (v === 1) inside.push(i);
  });
  const at = (i: number) => [i % nx, Math.floor(i / nx) % ny, Math.floor(i / (nx * ny))] as const;
  const middle = [0, 1, 2].map(
    (axis) => inside.reduce((sum, i) => sum + (at(i)[axis] as number), 0) / inside.length,
  );
  const lesion = new Uint8Array(liver.data.length);
  for (const i of inside) {
    const distance = Math.hypot(
      ...at(i).map((v, axis) => (v - (middle[axis] as number)) * (liver.spacing[axis] as number)),
    );
    if (distance <= 18) lesion[i] = 1;
  }
  return lesion;
}

// The project does not hold these images; without ../shared/data the suite is skipped and says so.
describe.skipIf(!existsSync(shared))('a real abdominal CT (skipped without ../shared/data)', () => {
  it('is checked and prepared on its own grid, stored from the back', async () => {
    const root = await temporaryFolder();
    const ct = await readVolume(join(shared, 'example_ct_sm.nii.gz'));
    const organs = await readVolume(join(shared, 'example_seg.nii.gz'));
    const liver = makeVolume(
      organs,
      Uint8Array.from(organs.data, (v) => (v === liverLabel ? 1 : 0)),
    );
    const lesion = ballInLiver(liver);
    await writeVolume(join(root, 'NC.nii.gz'), enhanced(ct, lesion, -30, 0));
    await writeVolume(join(root, 'ART.nii.gz'), enhanced(ct, lesion, 60, 10));
    await writeVolume(join(root, 'PV.nrrd'), enhanced(ct, lesion, -20, 20));
    await writeVolume(join(root, 'liver.nii.gz'), liver);
    await writeVolume(join(root, 'lesion.mha'), makeVolume(liver, lesion));
    const file = join(root, 'dataset.yaml');
    await writeDataset(file, {
      format: 'flc-dataset',
      version: 1,
      modality: 'CT',
      phases: ['NC', 'ART', 'PV'],
      reference: 'PV',
      classes: ['cyst', 'fnh', 'hcc', 'hem'],
      cases: [
        {
          id: 'real',
          patient: 'real',
          phases: { NC: 'NC.nii.gz', ART: 'ART.nii.gz', PV: 'PV.nrrd' },
          liver: 'liver.nii.gz',
          lesions: [{ mask: 'lesion.mha', class: 'hcc' }],
        },
      ],
    });
    const dataset = await readDataset(file);
    expect(await checkDataset(dataset, { workers: 0 })).toMatchObject({ findings: [], lesions: 1 });
    const out = join(root, 'prepared');
    const report = await prepareDataset(dataset, out, { workers: 0, slices: 'all' });
    expect(report).toMatchObject({ failed: [], prepared: 1 });
    const prepared = await readPrepared(out);
    const sample = prepared.index.samples.reduce((a, b) => (b.areaPixels > a.areaPixels ? b : a));
    expect(sample.liverMeanSource).toBe('liver');
    const { image, mask, shape, liverMean } = await prepared.loadSample(sample);
    // The liver is native, 45 HU (SOURCE.md), in every phase as much brighter as we made it.
    expect(liverMean[0]).toBeGreaterThan(30);
    expect(liverMean[0]).toBeLessThan(60);
    expect((liverMean[1] as number) - (liverMean[0] as number)).toBeCloseTo(10, 3);
    const plane = shape[1] * shape[2];
    const lesionMean = (phase: number) => {
      let [sum, count] = [0, 0];
      mask.forEach((v, i) => {
        if (v === 1) [sum, count] = [sum + (image[phase * plane + i] as number), count + 1];
      });
      return sum / count;
    };
    expect(lesionMean(1) - lesionMean(0)).toBeCloseTo(100, 6);
    expect(lesionMean(2) - lesionMean(0)).toBeCloseTo(30, 6);
  });
});
