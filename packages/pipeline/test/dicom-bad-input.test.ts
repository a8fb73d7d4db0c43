import { existsSync, readdirSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { FlcError } from '@flc-native/errors';
import { describe, expect, it } from 'vitest';
import { decodeFrames } from '../src/dicom/decode-frames.js';
import { encapsulatedFrames } from '../src/dicom/encapsulated.js';
import type { PixelLayout } from '../src/dicom/pixel-layout.js';
import { readPixelData } from '../src/dicom/read-frames.js';
import { scanFiles } from '../src/dicom/scan-dicom.js';
import { dicomFile } from '../src/dicom/write-dicom.js';
import {
  type Grid,
  identityDirection,
  randomStream,
  readDicomSegmentation,
  readDicomStack,
  readStructureSet,
  readVolume,
} from '../src/index.js';
import { temporaryFolder, volumeOf } from './cohort.js';
import {
  ctElements,
  enhancedCt,
  segmentationFile,
  structureSetFile,
  writeSeries,
} from './dicom-files.js';
import { type Mutation, randomMutations, systematicMutations } from './dicom-fuzz.js';

const shared = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
/** FLC_FUZZ=50 npx vitest run --project pipeline dicom-bad-input goes on for longer. */
const rounds = Number(process.env.FLC_FUZZ ?? 1);
const patience = 60_000 * rounds;
/** A call that takes longer than this hangs for a user, ms. Two cores are shared in CI. */
const longest = 5000;
const grid: Grid = {
  size: [8, 8, 3],
  spacing: [1, 1, 2],
  origin: [0, 0, 0],
  direction: identityDirection,
};
const small = volumeOf((x, y, z) => x + 10 * y + 100 * z, Int16Array, { size: [8, 8, 3] });

/** Reads whatever the file seems to be; an outcome is a value or a coded error with the file. */
async function readAny(file: string): Promise<'read' | 'ignored' | FlcError> {
  const { stacks, segmentations, structureSets, findings } = await scanFiles(file, [file]);
  for (const finding of findings) {
    expect(finding.file).toBe(file);
    expect(finding.message).not.toContain(file);
  }
  try {
    for (const stack of stacks) await readDicomStack(stack);
    for (const { segments } of segmentations) {
      await readDicomSegmentation(file, segments[0]?.number, grid);
    }
    for (const { rois } of structureSets) await readStructureSet(file, rois[0]?.number, grid);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(FlcError);
    const error = thrown as FlcError;
    expect(error.code, error.stack).toMatch(/^(DATA_ERROR|GEOMETRY_MISMATCH)$/);
    expect(error.details.file, error.message).toBe(file);
    return error;
  }
  const [finding] = findings;
  if (finding !== undefined) return new FlcError('DATA_ERROR', finding.message);
  return stacks.length + segmentations.length + structureSets.length > 0 ? 'read' : 'ignored';
}

/** Outcomes of all mutations by kind; each within time. */
async function survive(mutations: readonly Mutation[], file: string) {
  const counts = { read: 0, ignored: 0, refused: 0 };
  const messages = new Map<string, string>();
  for (const { name, bytes } of mutations) {
    await writeFile(file, bytes);
    const started = performance.now();
    const outcome = await readAny(file);
    expect(performance.now() - started, name).toBeLessThan(longest);
    if (outcome instanceof FlcError) {
      counts.refused += 1;
      messages.set(name, outcome.message);
    } else counts[outcome] += 1;
  }
  return { counts, messages };
}

const written = {
  slice: dicomFile({ syntaxUid: '1.2.840.10008.1.2.1', elements: ctElements(small, 1) }),
  'multi-frame': enhancedCt(small, [0, 1, 2]),
  segmentation: segmentationFile(grid, [
    { number: 1, label: 'Mass', data: small.data.map((v: number) => Number(v > 40)) },
  ]),
  'structure set': structureSetFile([
    {
      number: 1,
      name: 'GTV',
      contours: [
        [
          [1, 1, 2],
          [6, 1, 2],
          [6, 6, 2],
          [1, 6, 2],
        ],
      ],
    },
  ]),
};

describe('a slice of which nothing is left', () => {
  it.each([
    ['no bytes', 0],
    ['120 bytes', 120],
  ])('%s: is an error, notes beside it are not', async (_, bytes) => {
    const folder = await temporaryFolder();
    const files = await writeSeries(folder, small, { name: (z) => `1.2.3.${z}` });
    await writeFile(files[2] as string, Buffer.alloc(bytes));
    const notes = [join(folder, 'VERSION'), join(folder, 'notes.txt')];
    for (const note of notes) await writeFile(note, 'short');
    const { findings, ignored } = await scanFiles(folder, [...files, ...notes]);
    expect(findings).toMatchObject([{ code: 'UNREADABLE_FILE', file: files[2] }]);
    expect(ignored).toBe(2);
  });
});

describe('damage to a small file', () => {
  it.each(Object.entries(written))(
    '%s, systematic and 300 times at random',
    async (_, bytes) => {
      const file = join(await temporaryFolder(), 'damaged');
      await writeFile(file, bytes);
      expect(await readAny(file)).toBe('read');
      const systematic = systematicMutations(bytes);
      const before = process.memoryUsage().rss;
      const { counts } = await survive(
        [...systematic, ...randomMutations(bytes, 300 * rounds, 7)],
        file,
      );
      expect(counts.refused).toBeGreaterThan(20);
      expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
    },
    patience,
  );

  it('is told with the tag', async () => {
    const file = join(await temporaryFolder(), 'damaged');
    const { messages } = await survive(systematicMutations(written.slice), file);
    const expected: [string, RegExp][] = [
      ['rows 65535', /rows \(0028,0010\)/],
      ['columns 0', /columns \(0028,0011\)/],
      ['bits 7', /bits allocated \(0028,0100\)/],
      ['rows of VR LO', /rows \(0028,0010\) has a wrong value representation/],
      ['position absent', /image position \(0020,0032\) is missing/],
      ['orientation not a number', /image orientation \(0020,0037\)/],
      ['without pixels', /pixel data \(7FE0,0010\) is empty/],
      ['pixel length of 4 GB', /pixel data \(7FE0,0010\) ends too early/],
      ['syntax absent', /transfer syntax \(0002,0010\) is missing/],
      ['syntax 1.2.3.4', /transfer syntax \(0002,0010\) is not supported/],
    ];
    for (const [name, message] of expected) expect(messages.get(name), name).toMatch(message);
  });
});

describe.skipIf(!existsSync(shared))('the decoder (skipped without ../shared/data)', () => {
  const j2k =
    'cornerstone3D/CTImage.dcm_JPEG2000LosslessOnlyTransferSyntax_1.2.840.10008.1.2.4.90.dcm';
  const frameOf = async (change: (codestream: Buffer) => void) => {
    const file = join(shared, j2k);
    const { stacks } = await scanFiles(file, [file]);
    const layout = stacks[0]?.slices[0]?.facts.pixels as PixelLayout;
    const [codestream] = encapsulatedFrames(await readPixelData(file, layout), 1);
    const bytes = Buffer.from(codestream as Uint8Array);
    change(bytes);
    return { bytes, layout };
  };
  const good = async () => (await decodeFrames([await frameOf(() => undefined)])).length;

  it('that fails, asks for 14 GB or hangs is an error, and the next frame is decoded', async () => {
    // Past the check of the codestream, which would stop the second at once.
    const broken = await frameOf((b) => b.fill(0x55, 200));
    const huge = await frameOf((b) => {
      b.writeUInt32BE(60_000, 8);
      b.writeUInt32BE(60_000, 12);
    });
    for (const frame of [broken, huge]) {
      const outcome = await decodeFrames([frame]).catch((thrown: unknown) => thrown);
      if (outcome instanceof Error) expect(outcome).toMatchObject({ code: 'DATA_ERROR' });
      expect(await good()).toBe(512 * 512);
    }
    const slow = decodeFrames([await frameOf(() => undefined)], 1);
    await expect(slow).rejects.toMatchObject({
      code: 'DATA_ERROR',
      cause: expect.objectContaining({ message: expect.stringContaining('took') }),
    });
    expect(await good()).toBe(512 * 512);
  });
});

/** Files of the folders; of one that is not there its name, whose tests are skipped. */
function filesOf(...folders: string[]): string[] {
  if (!existsSync(shared)) return folders;
  return folders.flatMap((folder) =>
    readdirSync(join(shared, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(folder, entry.name)),
  );
}

// The project does not hold these files; without ../shared/data the suite is skipped and says so.
describe.skipIf(!existsSync(shared))('real files (skipped without ../shared/data)', () => {
  const dicom = [
    ...filesOf('cornerstone3D', 'dcmqi/seg', 'pydicom-data'),
    ...filesOf('totalsegmentator/example_ct_dicom', 'dcmqi/ct-3slice').filter(
      (_, i) => i % 20 === 0,
    ),
  ];
  const foreign = /(LICENSE|SOURCE\.md|LICENSE\.txt|\.nrrd)$/;

  it.each(dicom)('%s is read, ignored or refused with a code', async (name) => {
    const outcome = await readAny(join(shared, name));
    if (foreign.test(name)) expect(outcome).toBe('ignored');
    else if (outcome instanceof FlcError) expect(outcome.code).toBe('GEOMETRY_MISMATCH');
    else expect(outcome).toBe('read');
  });

  const readable = dicom.filter((name) => !foreign.test(name));
  it.each(readable)(
    '%s, damaged',
    async (name) => {
      const bytes = await readFile(join(shared, name));
      const file = join(await temporaryFolder(), 'damaged');
      const random = randomMutations(bytes, 6 * rounds, 11);
      const before = process.memoryUsage().rss;
      const { counts } = await survive([...systematicMutations(bytes), ...random], file);
      expect(counts.refused).toBeGreaterThan(15);
      expect(process.memoryUsage().rss - before).toBeLessThan(400e6);
    },
    patience,
  );

  /** Damage to the header under the compression, which random bytes in the file hardly ever reach. */
  function damagedHeaders(bytes: Buffer): Mutation[] {
    const plain = gunzipSync(bytes);
    const random = randomStream(5, 'nifti');
    return Array.from({ length: 8 * rounds }, (_, i) => {
      const changed = Buffer.from(plain);
      // Dimensions, type and spacing stand in bytes 40 to 108.
      for (let k = 0; k < 4; k += 1) changed[40 + random.int(68)] = random.int(256);
      return { name: `header ${i}`, bytes: gzipSync(changed, { level: 1 }) };
    });
  }

  it.each(filesOf('totalsegmentator').filter((name) => name.endsWith('.nii.gz')))(
    '%s, cut and changed at random',
    async (name) => {
      const bytes = await readFile(join(shared, name));
      const file = join(await temporaryFolder(), 'damaged.nii.gz');
      const cut = [0.001, 0.3, 0.99].map((part) => ({
        name: `cut at ${part}`,
        bytes: bytes.subarray(0, Math.floor(part * bytes.length)),
      }));
      const before = process.memoryUsage().rss;
      for (const mutation of [...cut, ...randomMutations(bytes, 4, 3), ...damagedHeaders(bytes)]) {
        await writeFile(file, mutation.bytes);
        const started = performance.now();
        const outcome = await readVolume(file).catch((thrown: unknown) => thrown);
        expect(performance.now() - started, mutation.name).toBeLessThan(longest);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ code: 'DATA_ERROR', details: { file } });
        }
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(600e6);
    },
    patience,
  );
});
