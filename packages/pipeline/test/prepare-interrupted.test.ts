import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { prepareDataset, randomStream, readPrepared } from '../src/index.js';
import { preparableCohorts, temporaryFolder } from './cohort.js';

let cohort: ReturnType<typeof preparableCohorts>;
beforeAll(async () => {
  cohort = preparableCohorts(await temporaryFolder());
});

describe('runs that do not reach the end', () => {
  it('stop when cancelled; finished cases stay for the next run', async () => {
    const { dataset, out, prepare } = await cohort();
    const controller = new AbortController();
    const run = prepareDataset(
      dataset,
      out,
      { workers: 0 },
      {
        signal: controller.signal,
        onProgress: ({ done }) => done === 1 && controller.abort(),
      },
    );
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(readPrepared(out)).rejects.toMatchObject({ code: 'IO_ERROR' });
    expect(await prepare()).toMatchObject({ prepared: 2, reused: 1, samples: 3 });
  });

  it('stop threads at once when cancelled', async () => {
    const { dataset, out, prepare } = await cohort();
    const controller = new AbortController();
    const run = prepareDataset(
      dataset,
      out,
      { workers: 2 },
      {
        signal: controller.signal,
        onProgress: ({ done }) => done === 0 && setImmediate(() => controller.abort()),
      },
    );
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await prepare()).toMatchObject({ samples: 3, failed: [] });
    expect((await readdir(join(out, 'cases'))).every((name) => name.endsWith('.safetensors'))).toBe(
      true,
    );
  });

  it('are cancelled before they start by a signal that already fired', async () => {
    const { dataset, out } = await cohort(['a']);
    const signal = AbortSignal.abort();
    await expect(prepareDataset(dataset, out, {}, { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });

  it('survive being killed: the process gets SIGKILL after its first case', async () => {
    const { file, out, prepare } = await cohort();
    const library = fileURLToPath(new URL('../dist/index.js', import.meta.url));
    const script = `
      const { prepareDataset, readDataset } = await import(${JSON.stringify(library)});
      const onProgress = ({ done }) => done === 1 && process.kill(process.pid, 'SIGKILL');
      await prepareDataset(await readDataset(${JSON.stringify(file)}), ${JSON.stringify(out)}, { workers: 0 }, { onProgress });`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: 'inherit',
    });
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    expect(await prepare()).toMatchObject({ prepared: 2, reused: 1, samples: 3 });
  });

  it('survive being killed at any moment, again and again, with threads', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const whole = await cohort(names);
    const untouched = await whole.prepare();
    const { file, out, prepare } = await cohort(names);
    const library = fileURLToPath(new URL('../dist/index.js', import.meta.url));
    const script = `
      const { prepareDataset, readDataset } = await import(${JSON.stringify(library)});
      const dataset = await readDataset(${JSON.stringify(file)});
      process.stdout.write('begun');
      await prepareDataset(dataset, ${JSON.stringify(out)}, { workers: 2 });`;
    const random = randomStream(3, 'kill');
    for (let k = 0; k < 5; k += 1) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      // From before the first thread to after the last case.
      setTimeout(() => child.kill('SIGKILL'), random.int(400));
      await once(child, 'exit');
    }
    const { prepared, reused, failed } = await prepare();
    expect([prepared + reused, failed]).toEqual([names.length, []]);
    expect(await contentsOf(out)).toEqual(await contentsOf(whole.out));
    expect(untouched.failed).toEqual([]);
  });

  it('withdraw from the index what they redo, before they redo it', async () => {
    const { dataset, out, prepare } = await cohort();
    await prepare();
    const controller = new AbortController();
    const run = prepareDataset(
      dataset,
      out,
      { workers: 0, slices: 'all' },
      {
        signal: controller.signal,
        onProgress: ({ done }) => done === 1 && controller.abort(),
      },
    );
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    const prepared = await readPrepared(out);
    expect(prepared.index.samples).toEqual([]);
  });
});

describe('readPrepared', () => {
  const spoilt: [string, (text: string) => string, string][] = [
    ['another version', (text) => text.replace('"version": 1', '"version": 2'), 'another version'],
    ['another format', (text) => text.replace('flc-prepared', 'other'), 'not an index'],
    ['no JSON', (text) => text.slice(0, 100), 'no JSON'],
    [
      'a path out of the folder',
      (text) => text.replaceAll('cases/', '../'),
      'damaged at samples.0.file',
    ],
    [
      'a box that is none',
      (text) => text.replace('"box": [', '"box": ["x",'),
      'damaged at samples.0.box',
    ],
  ];
  it.each(spoilt)('refuses %s', async (_, spoil, message) => {
    const { out, prepare } = await cohort(['a']);
    await prepare();
    const file = join(out, 'index.json');
    await writeFile(file, spoil(await readFile(file, 'utf8')));
    await expect(readPrepared(out)).rejects.toMatchObject({
      code: 'DATA_ERROR',
      message: expect.stringContaining(message),
      details: { file },
    });
  });

  it('refuses pixels that do not fit the index or are gone', async () => {
    const { out, prepare } = await cohort(['a', 'b']);
    await prepare();
    const prepared = await readPrepared(out);
    const [first, second] = prepared.index.samples;
    if (first === undefined || second === undefined) throw new Error('no samples');
    await expect(prepared.loadSample({ ...first, box: [0, 0, 50, 50] })).rejects.toMatchObject({
      code: 'DATA_ERROR',
    });
    await truncate(join(out, first.file), 4000);
    await expect(prepared.loadSample(first)).rejects.toMatchObject({ code: 'DATA_ERROR' });
    await rm(join(out, second.file));
    await expect(prepared.loadSample(second)).rejects.toMatchObject({ code: 'IO_ERROR' });
  });
});

/** Everything that is prepared, and the names of the files. */
async function contentsOf(out: string) {
  const prepared = await readPrepared(out);
  const samples = prepared.index.samples.map(async (sample) => ({
    ...sample,
    ...(await prepared.loadSample(sample)),
  }));
  return {
    samples: await Promise.all(samples),
    files: (await readdir(join(out, 'cases'))).sort(),
  };
}
