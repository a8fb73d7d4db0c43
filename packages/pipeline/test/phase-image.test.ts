import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  assignPhases,
  phaseFromImage,
  readDicomStack,
  readVolume,
  scanDicom,
  totalSegmentatorOrgans,
  type Volume,
  voxelToWorld,
  worldToVoxel,
} from '../src/index.js';
import { coarseVolume } from '../src/phase-rules/coarse-volume.js';
import { findAorta } from '../src/phase-rules/find-aorta.js';
import { volumeOf } from './cohort.js';

const shared = fileURLToPath(new URL('../../../../shared/data/totalsegmentator/', import.meta.url));

/** Part of the aorta's discs whose centre lies in the reference segmentation. */
function discsIn(image: Volume, labels: Volume, label: number): number {
  const coarse = coarseVolume(image);
  const discs = findAorta(coarse)?.discs ?? [];
  const hits = discs.filter(({ x, y, z }) => {
    const [i, j, k] = worldToVoxel(labels, voxelToWorld(coarse, [x, y, z])).map(Math.round) as [
      number,
      number,
      number,
    ];
    return labels.data[(k * labels.size[1] + j) * labels.size[0] + i] === label;
  });
  return discs.length === 0 ? 0 : hits.length / discs.length;
}

// The truth is TotalSegmentator's: its labels and the phases its authors state (SOURCE.md).
describe.skipIf(!existsSync(shared))('real CT (skipped without ../shared/data)', () => {
  it('is native by masks and by search', async () => {
    const image = await readVolume(join(shared, 'example_ct_sm.nii.gz'));
    const labels = await readVolume(join(shared, 'example_seg.nii.gz'));
    const measured = phaseFromImage(image, totalSegmentatorOrgans(labels));
    expect(measured).toMatchObject({ phase: 'NC' });
    expect(measured.confidence).toBeGreaterThan(0.9);
    const searched = phaseFromImage(image);
    expect(searched).toMatchObject({ phase: 'NC' });
    expect(searched.reason).toContain('found by search');
    expect(searched.confidence).toBeLessThan(measured.confidence);
    expect(discsIn(image, labels, 52)).toBe(1);
  });

  it('is arterial', async () => {
    const image = await readVolume(join(shared, 'phase/arterial_early_ct_cropped.nii.gz'));
    const aorta = await readVolume(join(shared, 'phase/arterial_early_aorta.nii.gz'));
    expect(phaseFromImage(image, { aorta: { mask: aorta } })).toMatchObject({ phase: 'ART' });
    expect(phaseFromImage(image)).toMatchObject({ phase: 'ART' });
    expect(discsIn(image, aorta, 1)).toBe(1);
  });

  it('is portal venous, a DICOM series with blank UIDs', async () => {
    const scan = await scanDicom(join(shared, 'example_ct_dicom'));
    const [stack] = scan.stacks;
    if (stack === undefined) throw new Error('no stack');
    const image = await readDicomStack(stack);
    const labels = await readVolume(join(shared, 'example_seg_dicom.nii.gz'));
    expect(phaseFromImage(image, totalSegmentatorOrgans(labels))).toMatchObject({ phase: 'PV' });
    const searched = phaseFromImage(image);
    expect(searched).toMatchObject({ phase: 'PV' });
    // Without the portal vein one venous image alone is a weak guess.
    expect(searched.confidence).toBeLessThan(0.6);
    expect(discsIn(image, labels, 52)).toBe(1);
  });
});

/** HU of aorta, portal venous blood and liver in the four phases; usual values. */
const enhancement = {
  NC: { aorta: 42, cava: 42, liver: 57 },
  ART: { aorta: 300, cava: 75, liver: 75 },
  PV: { aorta: 158, cava: 135, liver: 112 },
  DL: { aorta: 126, cava: 120, liver: 95 },
};

/** An abdomen of ellipses on 2.5 x 2.5 x 5 mm: body, spine with its canal, aorta, cava, liver. */
function abdomenOf(phase: keyof typeof enhancement): Volume {
  const { aorta, cava, liver } = enhancement[phase];
  let state = 7;
  const noise = () => {
    // Lehmer generator: the same noise in every run.
    state = (state * 48271) % 2147483647;
    return (state / 2147483647 - 0.5) * 50;
  };
  const within = (x: number, y: number, cx: number, cy: number, rx: number, ry: number) =>
    ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1;
  const value = (i: number, j: number): number => {
    const [x, y] = [(i - 72) * 2.5, (j - 52) * 2.5];
    if (within(x, y, 0, 68, 9, 7)) return 30;
    if (within(x, y, 0, 45, 20, 15) || within(x, y, 0, 72, 18, 13)) return 320;
    if (within(x, y, 16, 18, 11, 11)) return aorta;
    if (within(x, y, -20, 16, 12, 10)) return cava;
    if (within(x, y, -80, -10, 68, 65)) return liver;
    if (within(x, y, 38, 66, 26, 22) || within(x, y, -38, 66, 26, 22)) return 58;
    return within(x, y, 0, 0, 160, 115) ? -100 : -1000;
  };
  const grid = { size: [144, 104, 14], spacing: [2.5, 2.5, 5] } as const;
  return volumeOf((x, y) => value(x, y) + noise(), Float32Array, grid);
}

describe('images of one study', () => {
  it('get their phases without a word, whatever their order', async () => {
    const candidates = (['DL', 'NC', 'PV', 'ART'] as const).map((phase) => ({
      key: phase,
      facts: {},
      read: async () => abdomenOf(phase),
    }));
    for (const { key, phase, chosen, source } of await assignPhases(candidates)) {
      const expected = { key, phase: key, chosen: true, source: 'image' };
      expect({ key, phase, chosen, source }).toEqual(expected);
    }
  });

  it('are not taken from the image where that is not wanted', async () => {
    const candidate = { key: 'x', facts: {}, read: async () => abdomenOf('ART') };
    const [decision] = await assignPhases([candidate], { image: 'never' });
    expect(decision).toMatchObject({ phase: null, chosen: false });
  });

  it('are overruled by a name that is surer, and say so', async () => {
    const facts = { seriesDescription: 'late venous' };
    const [decision] = await assignPhases([
      { key: 'x', facts, read: async () => abdomenOf('ART') },
    ]);
    expect(decision).toMatchObject({ phase: 'ART', source: 'image' });
    expect(decision?.reason).toContain('against it: the series description');
  });

  it('without an aorta say nothing', () => {
    expect(phaseFromImage(volumeOf(() => 0))).toMatchObject({ phase: null, confidence: 0 });
  });
});
