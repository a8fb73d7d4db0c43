import { describe, expect, it } from 'vitest';
import { sheetCase } from '../src/sheet/sheet-case.js';
import { frameOf, largestSlice, sheetView } from '../src/sheet/sheet-view.js';
import { boxMask, volumeOf } from './cohort.js';

const intensity = { window: [0, 100] as [number, number] };

describe('a panel of the contact sheet', () => {
  const mask = boxMask([10, 8, 2], [20, 16, 5]);

  it('shows the slice on which the mask is largest', () => {
    const wedge = volumeOf((x, y, z) => (x < z * 2 && y < 10 && z < 6 ? 3 : 0), Uint8Array);
    expect(largestSlice(wedge, undefined)).toBe(5);
    expect(largestSlice(wedge, 3)).toBe(5);
    expect(largestSlice(wedge, 1)).toBeUndefined();
  });

  it('has pixels of equal size in mm, and the mask covers its share of them', () => {
    const bright = volumeOf(() => 50);
    const view = sheetView(frameOf(mask, 3), bright, mask, undefined, intensity);
    // 40 x 36 voxels of 0.75 mm.
    expect(view.width / view.height).toBeCloseTo(40 / 36, 1);
    const inside = view.mask.reduce((sum, value) => sum + value, 0);
    expect(inside / view.mask.length).toBeCloseTo((10 * 8) / (40 * 36), 2);
    expect(new Set(view.grey)).toEqual(new Set([128]));
  });

  it('shows a phase where it lies in the world, not where its array begins', () => {
    const here = volumeOf((x) => (x < 20 ? 0 : 100));
    // The same voxels, 10 columns further to the left: the edge moves by 10 / 40 of the width.
    const moved = volumeOf((x) => (x < 20 ? 0 : 100), Int16Array, { origin: [-22.5, -20, 100] });
    const edge = (volume: typeof here) => {
      const { grey, width } = sheetView(frameOf(mask, 3), volume, mask, undefined, intensity);
      return grey.subarray(0, width).indexOf(255) / width;
    };
    expect(edge(here)).toBeCloseTo(0.5, 2);
    expect(edge(moved)).toBeCloseTo(0.25, 2);
  });

  it('says what cannot be read in the panels concerned', async () => {
    const lesion = { key: 'lesion-1', class: 'hcc', phaseMasks: [] };
    const [drawn] = await sheetCase({
      ...{ caseId: 'c', patientId: 'p', phaseNames: ['ART', 'PV'], reference: 1 },
      ...{ modality: 'CT', intensity, classes: ['hcc'] },
      phases: [undefined, { role: 'phase PV', file: '/nowhere/Name/pv.nii.gz' }],
      lesions: [{ ...lesion, mask: { role: 'mask', file: '/nowhere/Name/mask.nii.gz' } }],
    });
    expect(drawn?.panels.map(({ problem }) => problem)).toEqual([
      'missing',
      expect.stringMatching(/./),
    ]);
    expect(JSON.stringify(drawn)).not.toContain('Name');
  });
});
