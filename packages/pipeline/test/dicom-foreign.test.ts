/** Folders of a series with what else a PACS and its users put there. */
import { readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inputStack } from '../src/case/read-input.js';
import { dicomFile, uidOf } from '../src/dicom/write-dicom.js';
import {
  checkDataset,
  importDataset,
  readDataset,
  readDicomStack,
  scanDicom,
  type Volume,
} from '../src/index.js';
import { quickStamp } from '../src/prepare/input-stamp.js';
import { abdomen, boxMask, temporaryFolder, volumeOf } from './cohort.js';
import { ctElements, type SeriesOptions, segmentationFile, writeSeries } from './dicom-files.js';

const ct = abdomen();
const series = { kind: 'series' } as const;
const syntaxUid = '1.2.840.10008.1.2.1';
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';

/** A picture of modality CT as a secondary capture, in `of` (default: a series of its own). */
function dosePage(of = 'dose report', change: SeriesOptions['change'] = () => undefined) {
  const elements = ctElements(ct, 0, {
    series: of,
    change: (found, z) => {
      found.x00080016 = { vr: 'UI', value: secondaryCapture };
      for (const place of ['x00200032', 'x00200037', 'x00280030', 'x00200052']) {
        found[place] = undefined;
      }
      change(found, z);
    },
  });
  return dicomFile({ syntaxUid, elements });
}

async function seriesFolder(options: SeriesOptions = {}) {
  const folder = await temporaryFolder();
  return { folder, files: await writeSeries(folder, ct, options) };
}

const read = async (folder: string, choice = {}) =>
  readDicomStack(await inputStack(folder, { ...series, ...choice }));

describe('pictures beside slices', () => {
  it.each([
    ['a dose report of its own series', dosePage()],
    ['a screenshot in the series', dosePage('series')],
    [
      'a screenshot of the class of CT images',
      dosePage('series', (elements) => {
        elements.x00080016 = { vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.2' };
        elements.x00080008 = { vr: 'CS', value: 'DERIVED\\SECONDARY\\SCREEN SAVE' };
      }),
    ],
  ])('%s is no slice', async (_, bytes) => {
    const { folder } = await seriesFolder();
    await writeFile(join(folder, 'IM9999'), bytes);
    expect((await scanDicom(folder)).findings).toEqual([]);
    expect((await read(folder)).data).toEqual(ct.data);
  });

  it('a picture in colours of a slice is none', async () => {
    const { folder } = await seriesFolder();
    const coloured = ctElements(ct, 3, {
      change: (elements) => {
        elements.x00080016 = { vr: 'UI', value: secondaryCapture };
        elements.x00280002 = { vr: 'US', value: 3 };
        elements.x00280004 = { vr: 'CS', value: 'RGB' };
      },
    });
    await writeFile(join(folder, 'IM9999'), dicomFile({ syntaxUid, elements: coloured }));
    expect((await read(folder)).data).toEqual(ct.data);
  });

  it('a slice without a place is an error still', async () => {
    const { folder, files } = await seriesFolder();
    const elements = ctElements(ct, 7, {
      change: (found) => {
        found.x00200032 = undefined;
      },
    });
    await writeFile(files[7] as string, dicomFile({ syntaxUid, elements }));
    await expect(read(folder)).rejects.toMatchObject({
      message: 'DICOM: image position (0020,0032) is missing',
      details: { fault: 'UNREADABLE_FILE', file: files[7] },
    });
  });

  it('a flat export that import takes is one that check reads', async () => {
    const root = await temporaryFolder();
    const from = join(root, 'set', 'patient');
    const named = { NC: 'native', ART: 'arterial', PV: 'portal venous' };
    for (const [i, [phase, text]] of Object.entries(named).entries()) {
      await writeSeries(from, abdomen(10 * i), {
        series: phase,
        name: (z) => `IM${phase}${z}`,
        change: (elements) => {
          elements.x0008103e = { vr: 'LO', value: text };
        },
      });
    }
    const lesion = boxMask([12, 10, 2], [24, 20, 6]);
    const segments = [{ number: 1, label: 'HCC', data: lesion.data }];
    await writeFile(join(from, 'IMSEG'), segmentationFile(lesion, segments));
    await writeFile(join(from, 'IM9999'), dosePage());
    const out = join(root, 'dataset.yaml');
    expect(await importDataset({ from: join(root, 'set'), out })).toMatchObject({ cases: 1 });
    const { findings } = await checkDataset(await readDataset(out), { workers: 0 });
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });
});

describe('a file that cannot be read', () => {
  /** Cut within its pixels: the header tells the series. */
  const cut = async (file: string, bytes = -40) =>
    writeFile(file, (await readFile(file)).subarray(0, bytes));

  it('counts for its own series alone', async () => {
    const { folder } = await seriesFolder();
    const other = await writeSeries(folder, ct, { series: 'other', name: (z) => `other ${z}` });
    await cut(other[0] as string);
    expect((await read(folder, { series: uidOf('series') })).data).toEqual(ct.data);
    await expect(read(folder, { series: uidOf('other') })).rejects.toMatchObject({
      details: { fault: 'UNREADABLE_FILE', file: other[0] },
    });
  });

  it('may be of every series of its folder where the header is gone', async () => {
    const { folder } = await seriesFolder();
    const other = await writeSeries(join(folder, 'x'), ct, { series: 'other' });
    await cut(other[0] as string, 400);
    expect((await read(folder, { series: uidOf('series') })).data).toEqual(ct.data);
    await expect(read(folder, { series: uidOf('other') })).rejects.toMatchObject({
      details: { file: other[0] },
    });
  });

  it('may be of every series where it lies alone', async () => {
    const { folder } = await seriesFolder();
    const [alone] = await writeSeries(join(folder, 'x'), ct, { name: (z) => `${z}` });
    for (let z = 1; z < ct.size[2]; z += 1) await rm(join(folder, 'x', `${z}`));
    await cut(alone as string, 400);
    await expect(read(folder)).rejects.toMatchObject({ details: { file: alone } });
  });

  it('is a link that points nowhere, if it is named like a slice', async () => {
    const { folder, files } = await seriesFolder();
    await symlink('/nowhere', join(folder, 'latest'));
    expect((await read(folder)).data).toEqual(ct.data);
    await expect(quickStamp({ role: 'phase NC', file: folder, source: series })).resolves.toEqual(
      expect.objectContaining({ role: 'phase NC' }),
    );
    await rm(files[7] as string);
    await symlink('/nowhere', files[7] as string);
    await expect(read(folder)).rejects.toMatchObject({
      message: expect.stringContaining('points nowhere'),
    });
  });
});

describe('a scout view that does not say so', () => {
  const scout: Volume = volumeOf((x) => x - 900, Int16Array, {
    size: [20, 20, 1],
    direction: [1, 0, 0, 0, 0, 1, 0, -1, 0],
  });

  it('is left out with a word, of one series too', async () => {
    const { folder } = await seriesFolder();
    await writeSeries(folder, scout, { name: () => 'scout' });
    for (const choice of [{}, { series: uidOf('series') }]) {
      const stack = await inputStack(folder, { ...series, ...choice });
      expect(stack.slices).toHaveLength(ct.size[2]);
      expect(stack.findings).toMatchObject([{ severity: 'warning', code: 'SERIES_LEFT_OUT' }]);
    }
  });

  it('can be named, and two volumes must be', async () => {
    const { folder } = await seriesFolder();
    await writeSeries(folder, scout, { name: () => 'scout' });
    const { stacks } = await scanDicom(folder);
    const key = stacks.find(({ slices }) => slices.length === 1)?.key;
    expect((await inputStack(folder, { ...series, series: key as string })).slices).toHaveLength(1);
    await writeSeries(folder, ct, { series: 'other', name: (z) => `other ${z}` });
    const error = await read(folder).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('2 series or acquisitions fit');
    expect(String(error)).toContain(`${uidOf('other')} (8 slices, acquisition 1)`);
  });
});

describe('identifiers that are no UIDs', () => {
  it('tell series apart as UIDs do, and never show', async () => {
    const { folder } = await seriesFolder({
      change: (elements) => {
        elements.x0020000e = { vr: 'UI', value: 'ANON-Mustermann' };
      },
    });
    await writeSeries(folder, abdomen(9), { series: 'other', name: (z) => `other ${z}` });
    const stack = await inputStack(folder, { ...series, series: 'ANON-Mustermann' });
    expect((await readDicomStack(stack)).data).toEqual(ct.data);
    expect(stack.findings).toMatchObject([{ severity: 'warning', code: 'NOT_A_UID' }]);
    expect(stack.key).not.toContain('Mustermann');
    expect((await inputStack(folder, { ...series, series: stack.key })).files).toEqual(stack.files);
  });
});
