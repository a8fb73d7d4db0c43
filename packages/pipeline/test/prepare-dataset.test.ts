import { readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type PrepareOptions,
  prepareDataset,
  prepareLesion,
  pseudonym,
  readDataset,
  readPrepared,
  readSafetensors,
  writeVolume,
} from '../src/index.js';
import {
  abdomen,
  boxMask,
  confusedPhases,
  preparableCohorts,
  temporaryFolder,
  volumeOf,
  writeCohort,
} from './cohort.js';

let folder: string;
let cohort: ReturnType<typeof preparableCohorts>;
beforeAll(async () => {
  folder = await temporaryFolder();
  cohort = preparableCohorts(folder);
});

const hash = pseudonym;

describe('prepareDataset', () => {
  it('writes an index and one file a case, with what prepareLesion cuts', async () => {
    const { out, prepare } = await cohort();
    const report = await prepare();
    expect(report).toMatchObject({ prepared: 3, reused: 0, failed: [], samples: 3, warnings: [] });
    expect(report.times).toHaveLength(3);
    for (const { seconds } of report.times) expect(seconds).toBeGreaterThan(0);
    const prepared = await readPrepared(out);
    expect(prepared.index).toMatchObject({
      format: 'flc-prepared',
      version: 1,
      modality: 'CT',
      phases: ['NC', 'ART', 'PV'],
      margin: 16,
      background: 'lower',
      slices: 'largest',
      align: 'none',
    });
    const sample = prepared.index.samples[1];
    if (sample === undefined) throw new Error('no sample');
    const id = hash('b');
    expect(sample).toMatchObject({
      id: `${id}/lesion-1/2`,
      caseId: id,
      patientId: hash('patient of b'),
      lesionId: `${id}/lesion-1`,
      class: 'hcc',
      file: `cases/${id}.safetensors`,
      key: 'lesion-1/2',
      box: [10, 12, 10, 12],
    });
    const { lesions } = prepareLesion({
      phases: [abdomen(100), abdomen(110), abdomen(120)],
      mask: boxMask([12, 10, 2], [24, 20, 6]),
    });
    const memory = lesions[0]?.samples[0];
    const { image, mask, shape, margin, box, window, liverMean } =
      await prepared.loadSample(sample);
    expect({ image, mask, shape, margin, box, window, liverMean }).toEqual({
      image: memory?.image,
      mask: memory?.mask,
      shape: memory?.shape,
      margin: 16,
      box: memory?.box,
      window: memory?.window,
      liverMean: memory?.liverMean,
    });
  });

  it('lays tensors out as the trainer reads them', async () => {
    const { out, prepare } = await cohort(['a']);
    await prepare();
    const { tensors, metadata } = await readSafetensors(
      join(out, `cases/${hash('a')}.safetensors`),
    );
    const layout = [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]).sort();
    expect(layout).toEqual([
      ['lesion-1/2.box', 'I32', [4]],
      ['lesion-1/2.image', 'I16', [3, 42, 44]],
      ['lesion-1/2.liverMean', 'F32', [3]],
      ['lesion-1/2.mask', 'U8', [42, 44]],
      ['lesion-1/2.window', 'F32', [3, 2]],
    ]);
    expect(metadata).toMatchObject({
      format: 'flc-prepared-case',
      version: '1',
      background: 'lower',
      margin: '16',
    });
  });

  it('gives the same bytes with threads as without', async () => {
    const { dataset, out, root, prepare } = await cohort();
    // One image through ITK, so that it is seen to work in threads.
    const nrrd = dataset.cases[1]?.phases ?? {};
    nrrd.ART = 'b/ART.nrrd';
    await writeVolume(join(root, nrrd.ART), abdomen(110));
    await prepare();
    const threaded = join(root, 'threaded');
    const done: number[] = [];
    await prepareDataset(
      dataset,
      threaded,
      { workers: 2 },
      { onProgress: (p) => done.push(p.done) },
    );
    expect(done).toEqual([0, 1, 2, 3]);
    for (const name of [
      'index.json',
      ...['a', 'b', 'c'].map((id) => `cases/${hash(id)}.safetensors`),
    ]) {
      expect((await readFile(join(threaded, name))).equals(await readFile(join(out, name)))).toBe(
        true,
      );
    }
  });

  it('keeps lesions without a class', async () => {
    const { out, prepare } = await cohort(['a'], (dataset) => {
      delete dataset.cases[0]?.lesions[0]?.class;
    });
    await prepare();
    expect((await readPrepared(out)).index.samples[0]?.class).toBeNull();
  });

  it('carries `synthetic` and the spacing of the dataset', async () => {
    const { out, prepare } = await cohort(['a'], (dataset) => {
      dataset.synthetic = true;
      dataset.inPlaneSpacing = 1.5;
    });
    await prepare();
    const { index } = await readPrepared(out);
    expect(index).toMatchObject({ synthetic: true, inPlaneSpacing: 1.5 });
    expect(index.samples[0]?.spacing).toEqual([1.5, 1.5, 5]);
  });
});

describe('a second run', () => {
  it('does nothing where nothing changed', async () => {
    const { out, prepare } = await cohort();
    await prepare();
    const file = join(out, `cases/${hash('a')}.safetensors`);
    const before = (await stat(file, { bigint: true })).mtimeNs;
    expect(await prepare()).toMatchObject({ prepared: 0, reused: 3, samples: 3 });
    expect((await stat(file, { bigint: true })).mtimeNs).toBe(before);
  });

  it('redoes the case whose image changed and no other', async () => {
    const { root, prepare, out, dataset } = await cohort();
    // Not compressed: the size stays, and the time alone betrays the change.
    const changing = dataset.cases[1]?.phases ?? {};
    changing.ART = 'b/ART.nii';
    await writeVolume(join(root, changing.ART), abdomen(110));
    await prepare();
    await writeVolume(join(root, changing.ART), abdomen(77));
    expect(await prepare()).toMatchObject({ prepared: 1, reused: 2 });
    const prepared = await readPrepared(out);
    const sample = prepared.index.samples[1];
    const { image, shape } = await prepared.loadSample(sample as NonNullable<typeof sample>);
    const fresh = prepareLesion({ phases: [abdomen(77)], mask: boxMask([12, 10, 2], [24, 20, 6]) });
    const plane = shape[1] * shape[2];
    expect(image.subarray(plane, 2 * plane)).toEqual(fresh.lesions[0]?.samples[0]?.image);
  });

  it('looks at contents where only the time changed, and remembers the new time', async () => {
    const { root, prepare } = await cohort();
    await prepare();
    await utimes(join(root, 'b/ART.nii.gz'), 1e9, 1e9);
    const steps: number[] = [];
    expect(await prepare()).toMatchObject({ prepared: 0, reused: 3 });
    await prepareDataset(
      await readDataset(join(root, 'dataset.yaml')),
      join(root, 'prepared'),
      { workers: 0 },
      {
        onProgress: (p) => steps.push(p.done),
      },
    );
    // All three are known at once: no case was opened.
    expect(steps).toEqual([3]);
  });

  it('redoes a case whose paths were corrected, though the files have one size and time', async () => {
    const { dataset, root, out, prepare } = await cohort(['a']);
    await prepare({}, await confusedPhases(dataset, root));
    expect(await prepare()).toMatchObject({ prepared: 1, reused: 0 });
    const file = `cases/${hash('a')}.safetensors`;
    const fresh = join(root, 'fresh');
    await prepareDataset(dataset, fresh, { workers: 0 });
    expect((await readFile(join(out, file))).equals(await readFile(join(fresh, file)))).toBe(true);
  });

  it.each<[string, PrepareOptions]>([
    ['slices', { slices: 'all' }],
    ['background', { background: 'zero' }],
    ['coverage', { coverage: 0.5 }],
    ['inPlaneSpacing', { inPlaneSpacing: 1 }],
  ])('redoes everything for another %s', async (_, options) => {
    const { prepare } = await cohort(['a', 'b']);
    await prepare();
    expect(await prepare(options)).toMatchObject({ prepared: 2, reused: 0 });
    expect(await prepare(options)).toMatchObject({ prepared: 0, reused: 2 });
  });

  it('redoes a case whose class changed, and one whose file is damaged', async () => {
    const { prepare, dataset, out } = await cohort();
    await prepare();
    const changed = structuredClone(dataset);
    const lesion = changed.cases[0]?.lesions[0];
    if (lesion !== undefined) lesion.class = 'cyst';
    await truncate(join(out, `cases/${hash('b')}.safetensors`), 3000);
    expect(await prepare({}, changed)).toMatchObject({ prepared: 2, reused: 1 });
    expect((await readPrepared(out)).index.samples.map((s) => s.class)).toEqual([
      'cyst',
      'hcc',
      'hcc',
    ]);
  });

  it('forgets a case that left the dataset', async () => {
    const { prepare, dataset, out } = await cohort();
    await prepare();
    await prepare({}, { ...dataset, cases: dataset.cases.slice(1) });
    expect((await readdir(join(out, 'cases'))).sort()).toEqual(
      ['b', 'c'].map((id) => `${hash(id)}.safetensors`).sort(),
    );
    expect((await readPrepared(out)).index.cases).toHaveLength(2);
  });
});

describe('bad cases', () => {
  it('fail alone, with code, part and hidden path', async () => {
    const { root, dataset, out } = await cohort(['a', 'b', 'c', 'd', 'e', 'f']);
    const pv = join(root, 'a/PV.nii.gz');
    const bytes = await readFile(pv);
    await writeFile(pv, bytes.subarray(0, bytes.length / 2));
    await rm(join(root, 'b/NC.nii.gz'));
    await writeVolume(
      join(root, 'c/lesion.nii.gz'),
      volumeOf(() => 0, Uint8Array),
    );
    await writeVolume(join(root, 'd/ART.nii.gz'), { ...abdomen(1), spacing: [2, 2, 2] });
    await writeVolume(
      join(root, 'e/ART.nii.gz'),
      volumeOf(() => Number.NaN, Float32Array),
    );
    const report = await prepareDataset(dataset, out, { workers: 2 });
    expect(report.failed.map(({ caseId, error }) => [caseId, error.code, error.message])).toEqual([
      [hash('a'), 'DATA_ERROR', expect.stringContaining('phase PV: the file is truncated')],
      [hash('b'), 'IO_ERROR', expect.stringContaining('phase NC: ')],
      [hash('c'), 'DATA_ERROR', expect.stringContaining('mask of lesion-1: ')],
      [hash('d'), 'GEOMETRY_MISMATCH', expect.stringContaining('phase ART ')],
      [hash('e'), 'DATA_ERROR', expect.stringMatching(/^phase ART: .*NaN/)],
    ]);
    expect(report.failed[0]?.error.details.file).toBe(pv);
    expect(report.failed[4]?.error.details.file).toBe(join(root, 'e/ART.nii.gz'));
    expect(JSON.stringify(report)).not.toContain(root);
    const { index } = await readPrepared(out);
    expect(index.cases.map((entry) => entry.caseId)).toEqual([hash('f')]);
  });

  it('fail for a missing phase and an unknown class', async () => {
    const { prepare } = await cohort(['a', 'b'], (dataset) => {
      delete dataset.cases[0]?.phases.ART;
      const lesion = dataset.cases[1]?.lesions[0];
      if (lesion !== undefined) lesion.class = 'hc';
    });
    const { failed } = await prepare();
    expect(failed.map(({ error }) => error.message)).toEqual([
      'phase ART is missing',
      'lesion-1: class "hc" is not in the list of classes',
    ]);
  });

  it('are no bad cases for being smaller than a patch', async () => {
    const { root, prepare } = await cohort(['a']);
    await writeVolume(join(root, 'a/lesion.nii.gz'), boxMask([12, 10, 2], [14, 12, 3]));
    const report = await prepare();
    expect(report).toMatchObject({ failed: [], samples: 1 });
    expect(report.warnings).toHaveLength(1);
  });

  it('never replaces its own source', async () => {
    const { root, dataset } = await cohort(['a']);
    // What was prepared before lies under `cases` and is no input.
    const inside = dataset.cases.map((entry) => ({ ...entry, liver: '../out/cases/liver.nii' }));
    await expect(
      prepareDataset({ ...dataset, cases: inside }, join(root, '../out')),
    ).rejects.toMatchObject({ code: 'INVALID_CONFIG' });
  });

  it('a folder that cannot be written is one error for all', async () => {
    const { root, dataset } = await cohort(['a']);
    const blocked = join(root, 'blocked');
    await writeFile(blocked, '');
    await expect(prepareDataset(dataset, join(blocked, 'out'))).rejects.toMatchObject({
      code: 'IO_ERROR',
      details: { file: join(blocked, 'out') },
    });
  });
});

it('lets no name or path into prepared/', async () => {
  const name = 'Mustermann^Erika';
  const root = join(folder, `study of ${name}`);
  const file = await writeCohort(root, [{ id: name, patient: `${name} 1960` }]);
  const out = join(folder, 'anonymous');
  const report = await prepareDataset(await readDataset(file), out, { workers: 0, slices: 'all' });
  const texts = [JSON.stringify(report)];
  for (const entry of await readdir(out, { recursive: true, withFileTypes: true })) {
    texts.push(entry.name);
    if (entry.isFile()) texts.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
  }
  expect(texts.length).toBeGreaterThan(3);
  for (const text of texts) expect(text).not.toContain('Mustermann');
});
