import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeReport } from '../src/index.js';
import { syntheticCohort } from './synthetic-cohort.js';

describe('writeReport', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'flc-report-'));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const { evaluation, prepared, events } = syntheticCohort(6);
  const options = {
    title: 'Report',
    evaluations: [evaluation],
    prepared,
    events: [{ name: 'run', events }],
    replicates: 50,
  };

  it('writes every form, one picture per slice, and nothing else', async () => {
    const { files } = await writeReport({ ...options, outDir: folder });
    expect((await readdir(folder)).sort()).toEqual(
      'metrics.csv metrics.json metrics.txt pictures predictions.csv report.html report.md'.split(
        ' ',
      ),
    );
    const pictures = await readdir(join(folder, 'pictures'));
    expect(pictures).toHaveLength(6);
    expect(files).toHaveLength(12);
    for (const name of pictures) {
      const png = PNG.sync.read(await readFile(join(folder, 'pictures', name)));
      expect(png.width).toBeGreaterThan(700);
    }
    const page = await readFile(join(folder, 'report.html'), 'utf8');
    expect(page.match(/data:image\/png;base64,/g)).toHaveLength(6 * 4);
  });

  it('links pictures that exist from the Markdown', async () => {
    await writeReport({ ...options, outDir: folder });
    const markdown = await readFile(join(folder, 'report.md'), 'utf8');
    const links = [...markdown.matchAll(/\]\(([^)]+)\)/g)].map((match) =>
      decodeURI(match[1] ?? ''),
    );
    const wrong = evaluation.predictions.filter(
      (of) => of.truth !== null && of.truth !== of.predicted,
    );
    expect(links).toHaveLength(wrong.length);
    for (const link of links) await readFile(join(folder, link));
  });

  it('gives equal bytes for equal input', async () => {
    const read = async (name: string) => {
      await writeReport({ ...options, outDir: join(folder, name) });
      return readFile(join(folder, name, 'report.html'));
    };
    expect((await read('a')).equals(await read('b'))).toBe(true);
  });

  it('does without a prepared cohort', async () => {
    const { files } = await writeReport({ title: 't', evaluations: [evaluation], outDir: folder });
    expect(files).toHaveLength(6);
  });

  it('tells a folder that cannot be written', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(writeReport({ ...options, outDir: file })).rejects.toMatchObject({
      code: 'IO_ERROR',
    });
  });

  it.each([
    ['no evaluation', []],
    ['two of one name', [evaluation, evaluation]],
  ])('refuses %s', async (_, evaluations) => {
    await expect(writeReport({ ...options, evaluations, outDir: folder })).rejects.toMatchObject({
      code: 'DATA_ERROR',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('refuses a split with a patient in two parts', async () => {
    const patient = evaluation.predictions[0]?.patientId ?? '';
    const partitions = [{ name: 'set1', train: [patient], val: [], test: [patient] }];
    await expect(
      writeReport({ ...options, splits: { partitions }, outDir: folder }),
    ).rejects.toMatchObject({ code: 'DATA_ERROR' });
  });

  it('stops when asked', async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    await expect(
      writeReport({ ...options, outDir: folder, signal: controller.signal, onProgress }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
