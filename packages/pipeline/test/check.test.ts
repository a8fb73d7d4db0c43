import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CheckReport,
  checkDataset,
  type DatasetInput,
  pseudonym,
  readDataset,
  type Volume,
  writeVolume,
} from '../src/index.js';
import {
  abdomen,
  boxMask,
  type CaseFiles,
  size,
  temporaryFolder,
  volumeOf,
  writeCohort,
} from './cohort.js';

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await temporaryFolder();
});

/** Writes a cohort, lets `spoil` change files, and checks it in this thread. */
async function check(
  cases: readonly CaseFiles[],
  change?: (dataset: DatasetInput) => void,
  spoil: (root: string) => Promise<void> = async () => undefined,
): Promise<CheckReport> {
  count += 1;
  const root = join(folder, `cohort-${count}`);
  const file = await writeCohort(root, cases, change);
  await spoil(root);
  return checkDataset(await readDataset(file), { workers: 0 });
}

const codes = (report: CheckReport) => report.findings.map(({ code }) => code);
const lesionOf = (dataset: DatasetInput) => {
  const lesion = dataset.cases[0]?.lesions[0];
  if (lesion === undefined) throw new Error('no lesion');
  return lesion;
};

describe('a good dataset', () => {
  it('has no finding', async () => {
    const report = await check([{ id: 'a' }, { id: 'b' }]);
    expect(report).toEqual({ findings: [], cases: 2, lesions: 2, ok: true });
  });

  it('may be stored in another order of axes than its mask', async () => {
    const flipped = { ...boxMask([12, 10, 2], [24, 20, 6]) } as Volume;
    const z = size[2];
    const plane = size[0] * size[1];
    const data = new Uint8Array(flipped.data.length);
    for (let k = 0; k < z; k += 1) {
      data.set(flipped.data.subarray(k * plane, (k + 1) * plane), (z - 1 - k) * plane);
    }
    const mask: Volume = {
      ...flipped,
      data,
      direction: [1, 0, 0, 0, 1, 0, 0, 0, -1],
      origin: [
        flipped.origin[0],
        flipped.origin[1],
        flipped.origin[2] + (z - 1) * flipped.spacing[2],
      ],
    };
    expect((await check([{ id: 'a', mask }])).findings).toEqual([]);
  });
});

describe('images', () => {
  const withPv = (volume: Volume): CaseFiles[] => [
    { id: 'a', volumes: { PV: volume, ART: abdomen(3), NC: abdomen(6) } },
  ];

  it.each<[string, Volume, string]>([
    ['an 8-bit window', volumeOf((x, y, z) => (x * y * z) % 256, Uint8Array), '8-bit windowed'],
    [
      'stored values without the intercept',
      volumeOf((x, y) => (x < 3 ? 0 : 1064 + ((x + y) % 50))),
      'negative',
    ],
    ['a normalised image', volumeOf((x, y) => Math.sin(x + 3 * y), Float32Array), 'too narrow'],
    [
      'values no scanner gives',
      volumeOf((x, y) => (x < 3 ? -32768 : 40 + ((x + y) % 50))),
      'no scanner',
    ],
    ['an image of something else', volumeOf((x) => (x < 20 ? -1000 : 2000)), 'soft tissue'],
  ])('%s is no HU', async (_, volume, cause) => {
    const report = await check(withPv(volume));
    expect(report.ok).toBe(false);
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        severity: 'error',
        code: 'NOT_HU',
        message: expect.stringMatching(new RegExp(`^phase PV: .*${cause}`)),
        remedy: expect.stringMatching(/.+/),
      }),
    );
  });

  it('does not ask MR for HU', async () => {
    const report = await check(withPv(volumeOf((x, y) => 5 + ((x * y) % 90))), (dataset) => {
      dataset.modality = 'MR';
      dataset.intensity = { percentile: [1, 99] };
    });
    expect(report.findings).toEqual([]);
  });

  it('finds NaN', async () => {
    const image = volumeOf(
      (x, y) => (x === 5 && y === 5 ? Number.NaN : x < 3 ? -900 : 50),
      Float32Array,
    );
    const report = await check(withPv(image));
    expect(codes(report)).toContain('NOT_FINITE');
    expect(report.findings[0]?.message).toContain(`${size[2]} voxels`);
  });

  it('points at a header that looks lost', async () => {
    const lost = { spacing: [1, 1, 1], origin: [0, 0, 0] } as const;
    const report = await check([
      {
        id: 'a',
        volumes: Object.fromEntries(
          (['NC', 'ART', 'PV'] as const).map((p, i) => [p, { ...abdomen(i), ...lost }]),
        ),
        mask: { ...boxMask([12, 10, 2], [24, 20, 6]), ...lost },
      },
    ]);
    expect(codes(report)).toEqual(['SUSPECT_HEADER', 'SUSPECT_HEADER', 'SUSPECT_HEADER']);
    expect(report.ok).toBe(true);
  });

  it('finds an image under two patients, also in another format and type', async () => {
    const report = await check(
      [{ id: 'a' }, { id: 'b', volumes: { ART: { ...abdomen(20), ...asFloat(abdomen(20)) } } }],
      (dataset) => {
        const second = dataset.cases[1];
        if (second !== undefined) second.phases.ART = 'b/ART.nrrd';
      },
      (root) => writeVolume(join(root, 'b/ART.nrrd'), { ...abdomen(20), ...asFloat(abdomen(20)) }),
    );
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]).toMatchObject({
      severity: 'error',
      code: 'DUPLICATE_IMAGE',
      caseId: pseudonym('b'),
      message: expect.stringContaining(
        `phase ART is the same image as phase PV of patient ${pseudonym('patient of a')}`,
      ),
    });
  });

  it('finds one image in two phases', async () => {
    expect(codes(await check([{ id: 'a', volumes: { ART: abdomen(20) } }]))).toEqual([
      'DUPLICATE_IMAGE',
    ]);
  });
});

function asFloat(volume: Volume) {
  return { data: Float32Array.from(volume.data), dtype: 'float32' as const };
}

describe('geometry', () => {
  it.each<[string, Partial<Volume>, string]>([
    ['spacing', { spacing: [0.8, 0.75, 5] }, 'spacing 0.8'],
    ['direction', { direction: [0, -1, 0, 1, 0, 0, 0, 0, 1] }, 'size 36 x 40'],
    [
      'oblique',
      { direction: [0.9848, -0.1736, 0, 0.1736, 0.9848, 0, 0, 0, 1] },
      'directions differ',
    ],
    ['origin', { origin: [35, -20, 100] }, 'origins 50.0 mm'],
  ])('finds a mask of another %s', async (_, change, message) => {
    const report = await check([
      { id: 'a', mask: { ...boxMask([12, 10, 2], [24, 20, 6]), ...change } },
    ]);
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]).toMatchObject({
      severity: 'error',
      code: 'GEOMETRY_MISMATCH',
      message: expect.stringContaining(message),
    });
  });

  it('finds a phase of another size', async () => {
    const small = volumeOf((x, y) => (x < 3 ? -900 : 40 + ((x + y) % 30)), Int16Array, {
      size: [30, 36, 8],
    });
    const report = await check([{ id: 'a', volumes: { NC: small } }]);
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]?.message).toContain('phase NC does not lie on the grid');
  });

  it('warns of an origin that is a few mm off, and goes on', async () => {
    const mask = { ...boxMask([12, 10, 2], [24, 20, 6]), origin: [-12, -20, 100] } as Volume;
    const report = await check([{ id: 'a', mask }]);
    expect(report).toMatchObject({ ok: true, lesions: 1 });
    expect(report.findings[0]).toMatchObject({ severity: 'warning', code: 'ORIGIN_OFFSET' });
    expect(report.findings[0]?.message).toContain('3.0 mm');
  });
});

describe('masks and classes', () => {
  const some = boxMask([12, 10, 2], [24, 20, 6]);
  it.each<[string, Volume]>([
    ['EMPTY_MASK', volumeOf(() => 0, Uint8Array)],
    ['NOT_A_MASK', volumeOf((x) => x / 40, Float32Array)],
    ['NOT_A_MASK', volumeOf((x) => -x, Int16Array)],
    ['NOT_A_MASK', volumeOf((x, y) => x + 40 * y, Int16Array)],
    ['LABEL_NOT_IN_MASK', { ...some, data: some.data.map((v: number) => 2 * v) as Uint8Array }],
  ])('%s', async (code, mask) => {
    const report = await check([{ id: 'a', mask }]);
    expect(report.findings).toMatchObject([{ severity: 'error', code }]);
  });

  it('tells the labels that the mask does hold', async () => {
    const report = await check([{ id: 'a' }], (dataset) => {
      lesionOf(dataset).label = 3;
    });
    expect(report.findings[0]).toMatchObject({
      code: 'LABEL_NOT_IN_MASK',
      remedy: 'the mask has 1',
    });
  });

  it('warns of a lesion smaller than a patch', async () => {
    const report = await check([{ id: 'a', mask: boxMask([12, 10, 2], [16, 13, 3]) }]);
    expect(report).toMatchObject({ ok: true, lesions: 1 });
    expect(report.findings).toMatchObject([
      {
        severity: 'warning',
        code: 'SMALL_LESION',
        message: expect.stringContaining('4 x 3 pixels'),
      },
    ]);
  });

  it('finds an unknown class and suggests one', async () => {
    const report = await check([{ id: 'a', class: 'hc' }]);
    expect(report.findings).toMatchObject([
      { code: 'UNKNOWN_CLASS', remedy: 'did you mean "hcc"?' },
    ]);
  });

  it('allows a lesion without a class', async () => {
    expect((await check([{ id: 'a', class: null }])).findings).toEqual([]);
  });

  it('counts the parts of a split mask', async () => {
    const two = volumeOf((x, _y, z) => (z === 3 && (x < 10 || x > 20) ? 1 : 0), Uint8Array);
    const report = await check([{ id: 'a', mask: two }], (dataset) => {
      lesionOf(dataset).components = 'split';
    });
    expect(report.lesions).toBe(2);
  });

  it('warns of a lesion outside the liver', async () => {
    const report = await check(
      [{ id: 'a' }],
      (dataset) => {
        const entry = dataset.cases[0];
        if (entry !== undefined) entry.liver = 'liver.nii';
      },
      (root) => writeVolume(join(root, 'liver.nii'), boxMask([0, 0, 0], [14, 36, 8])),
    );
    expect(report.findings).toMatchObject([
      { severity: 'warning', code: 'OUTSIDE_LIVER', message: expect.stringContaining('17 %') },
    ]);
  });
});

describe('files', () => {
  it('reports a missing phase and a missing file; the other case is still checked', async () => {
    const report = await check(
      [{ id: 'a' }, { id: 'b', class: 'x' }],
      (dataset) => {
        delete dataset.cases[0]?.phases.ART;
      },
      (root) => rm(join(root, 'a/NC.nii.gz')),
    );
    expect(report.findings.map(({ code, caseId }) => [code, caseId])).toEqual([
      ['MISSING_FILE', pseudonym('a')],
      ['MISSING_PHASE', pseudonym('a')],
      ['UNKNOWN_CLASS', pseudonym('b')],
    ]);
  });

  it('reports a truncated file with its cause', async () => {
    const report = await check([{ id: 'a' }], undefined, async (root) => {
      const file = join(root, 'a/PV.nii.gz');
      const bytes = await readFile(file);
      await writeFile(file, bytes.subarray(0, bytes.length / 2));
    });
    expect(report.findings).toMatchObject([
      {
        code: 'UNREADABLE_FILE',
        message: expect.stringContaining('phase PV: the file is truncated'),
      },
    ]);
  });

  it('shows names and paths to a person, never to JSON', async () => {
    const report = await check([{ id: 'Jane Roe', class: 'x' }], undefined, (root) =>
      rm(join(root, 'Jane Roe/NC.nii.gz')),
    );
    expect(JSON.stringify(report)).not.toContain('Jane');
    const missing = report.findings.find(({ code }) => code === 'MISSING_FILE');
    expect(missing?.caseName).toBe('Jane Roe');
    expect(missing?.file).toContain('Jane Roe/NC.nii.gz');
  });
});

it('finds that there are no cases', async () => {
  const { ok, findings } = await check([]);
  expect(ok).toBe(false);
  expect(findings).toMatchObject([{ severity: 'error', code: 'NO_CASES', caseId: '' }]);
});

it('can be cancelled', async () => {
  const file = await writeCohort(join(folder, 'cancel'), [{ id: 'a' }, { id: 'b' }]);
  const controller = new AbortController();
  const run = checkDataset(await readDataset(file), {
    workers: 0,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
});
