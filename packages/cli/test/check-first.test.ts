import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Dataset,
  type Grid,
  identityDirection,
  makeVolume,
  writeVolume,
} from '@flc-native/pipeline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkFirst, withFindings } from '../src/check-first.js';

let dir: string;
let notes: string[] = [];
const surroundings = {
  signal: new AbortController().signal,
  json: false,
  verbose: false,
  note: (line: string) => void notes.push(line),
  progress: () => ({ update: () => {}, stop: () => {} }),
};

/** HU of a body in air, no two images alike, and a mask in it. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-check-first-'));
  const grid: Grid = {
    size: [24, 24, 3],
    spacing: [1, 1, 5],
    origin: [0, 0, 0],
    direction: identityDirection,
  };
  const write = (name: string, value: (i: number) => number) => {
    const data = Int16Array.from({ length: 24 * 24 * 3 }, (_, i) => value(i));
    return writeVolume(join(dir, name), makeVolume(grid, data));
  };
  await write('a.nii', (i) => (i % 24 < 3 ? -1000 : 40 + (i % 50)));
  await write('b.nii', (i) => (i % 24 < 3 ? -1000 : 45 + (i % 60)));
  await write('mask.nii', (i) => (i % 24 > 6 && i % 24 < 18 && (i / 24) % 24 > 8 ? 1 : 0));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const lesion = (ART: string): Dataset => ({
  ...{ format: 'flc-dataset', version: 1, modality: 'CT', intensity: { window: [-70, 180] } },
  ...{ phases: ['ART', 'PV'], reference: 'PV', classes: ['hcc', 'fnh'] },
  ...{ file: join(dir, 'dataset.yaml'), root: dir },
  cases: [
    {
      ...{ id: 'lesion', patient: 'unknown' },
      phases: { ART, PV: 'b.nii' },
      lesions: [{ mask: 'mask.nii' }],
    },
  ],
});

it('lets images pass that are as they should be', async () => {
  const found = await checkFirst(lesion('a.nii'), false, surroundings);
  expect(found.filter(({ severity }) => severity === 'error')).toEqual([]);
});

it('refuses one image as two phases before it is classified, unless it must be', async () => {
  notes = [];
  await expect(checkFirst(lesion('b.nii'), false, surroundings)).rejects.toMatchObject({
    code: 'DATA_ERROR',
    details: { codes: ['DUPLICATE_IMAGE'] },
  });
  expect(notes.join('\n')).toMatch(/error DUPLICATE_IMAGE .*phase ART holds the same voxels/);
  expect(notes.join('\n')).not.toContain(dir);
  const forced = await checkFirst(lesion('b.nii'), true, surroundings);
  const { warnings } = withFindings({ warnings: ['another'] }, forced);
  expect(warnings).toContainEqual(expect.stringContaining('DUPLICATE_IMAGE: phase ART'));
  expect(warnings.at(-1)).toBe('another');
});
