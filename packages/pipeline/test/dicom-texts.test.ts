import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeText, unknownCharacterSet } from '../src/dicom/character-sets.js';
import { readDicomSegmentation, readStructureSet, scanDicom } from '../src/index.js';
import { boxMask, temporaryFolder } from './cohort.js';
import { segmentationFile, structureSetFile } from './dicom-files.js';

/** By reference/dicom_texts.py. */
const reference = JSON.parse(
  readFileSync(new URL('reference/dicom-texts.json', import.meta.url), 'utf8'),
) as { sets: string; text: string; bytes: string }[];

const lesion = boxMask([12, 10, 2], [24, 20, 6]);
const { spacing, origin } = lesion;
const square = [
  [12, 10],
  [23, 10],
  [23, 19],
  [12, 19],
].map(
  ([x = 0, y = 0]) =>
    [origin[0] + spacing[0] * x, origin[1] + spacing[1] * y, origin[2] + spacing[2] * 3] as const,
);

describe('texts of DICOM files', () => {
  it.each(reference)('$sets are what pydicom wrote: $text', ({ sets, text, bytes }) => {
    expect(unknownCharacterSet(sets.split('\\'))).toBeUndefined();
    expect(decodeText(Buffer.from(bytes, 'base64'), sets.split('\\'))).toBe(text);
  });

  it('of an unknown character set keep their ASCII alone', () => {
    const bytes = Buffer.from('L\xe4sion', 'latin1');
    expect(unknownCharacterSet(['', 'ISO_IR 999'])).toBe('ISO_IR 999');
    expect(decodeText(bytes, ['ISO_IR 999'])).toBe('L\uFFFDsion');
  });

  it('in sequences are in the character set of the file', async () => {
    const folder = await temporaryFolder();
    const [seg, set] = [join(folder, 'seg'), join(folder, 'set')];
    // The writer takes one character a byte.
    const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    const segments = [{ number: 1, label: utf8('Läsion'), data: lesion.data }];
    await writeFile(
      seg,
      segmentationFile(lesion, segments, 'BINARY', { characterSet: 'ISO_IR 192' }),
    );
    const rois = [{ number: 1, name: utf8('Tumör'), contours: [square] }];
    await writeFile(set, structureSetFile(rois, 'ISO_IR 192'));
    const { segmentations, structureSets } = await scanDicom(folder);
    expect(segmentations[0]?.segments[0]?.label).toBe('Läsion');
    expect(structureSets[0]?.rois[0]?.name).toBe('Tumör');
    expect((await readDicomSegmentation(seg, 'Läsion', lesion)).data).toEqual(lesion.data);
    expect((await readStructureSet(set, 'Tumör', lesion)).data.includes(1)).toBe(true);
  });
});
