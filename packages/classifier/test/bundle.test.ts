import { mkdir, mkdtemp, readFile, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBundle, writeBundle } from '../src/bundle.js';
import type { ModelDescription } from '../src/model-description.js';

let dir: string;
beforeEach(async () => {
  dir = join(await mkdtemp(join(tmpdir(), 'flc-bundle-')), 'model');
  await mkdir(dir);
  await writeFile(join(dir, 'weights.safetensors'), 'weights');
  await writeFile(join(dir, 'network.json'), '{}');
});
afterEach(() => rm(join(dir, '..'), { recursive: true }));

const machine = { format: 'flc-svm', version: 1 } as unknown as Parameters<typeof writeBundle>[2];
const description = {
  format: 'flc-model',
  version: 1,
  network: { pathways: 'both' },
  classes: ['cyst', 'hcc'],
  phases: ['NC', 'PV'],
  preprocessing: { margin: 16 },
  labelMapPace: 2,
  decision: 'svm',
  training: { synthetic: true, partition: { name: 'set1', train: [], val: [] } },
} as unknown as Omit<ModelDescription, 'files'>;

describe('a bundle', () => {
  it('comes back as it was written', async () => {
    await writeBundle(dir, description, machine);
    const bundle = await readBundle(dir);
    expect(bundle.machine).toEqual(machine);
    expect(bundle.description).toMatchObject(description);
    expect(Object.keys(bundle.description.files)).toEqual([
      'weights.safetensors',
      'network.json',
      'svm.json',
    ]);
    // printf weights | sha256sum.
    expect(bundle.description.files['weights.safetensors']).toBe(
      '9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c',
    );
  });

  it('has no machine where the network decides', async () => {
    await writeBundle(dir, { ...description, decision: 'network' }, null);
    expect((await readBundle(dir)).machine).toBeNull();
  });

  it.each([
    ['weights.safetensors', 'CHECKPOINT_CORRUPT'],
    ['svm.json', 'CHECKPOINT_CORRUPT'],
    ['network.json', 'CHECKPOINT_CORRUPT'],
    ['model.json', 'CHECKPOINT_CORRUPT'],
  ])('with %s cut short is refused as %s', async (name, code) => {
    await writeBundle(dir, description, machine);
    const file = join(dir, name);
    await truncate(file, Math.max(1, (await readFile(file)).length - 3));
    await expect(readBundle(dir)).rejects.toMatchObject({ code, details: { file } });
  });

  it('without its weights is refused', async () => {
    await writeBundle(dir, description, machine);
    await unlink(join(dir, 'weights.safetensors'));
    await expect(readBundle(dir)).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
  });

  it('that was never finished is no bundle', async () => {
    await expect(readBundle(dir)).rejects.toMatchObject({
      code: 'IO_ERROR',
      remedy: expect.stringContaining('runs/<name>/model'),
    });
  });

  it.each([
    ['another program', { format: 'onnx' }, 'DATA_ERROR'],
    ['another version', { format: 'flc-model', version: 2 }, 'DATA_ERROR'],
    ['a damaged description', { ...description, classes: [3], files: {} }, 'CHECKPOINT_CORRUPT'],
    ['no object at all', 17, 'DATA_ERROR'],
  ])('of %s is refused', async (_what, content, code) => {
    const file = join(dir, 'model.json');
    await writeFile(file, JSON.stringify(content));
    await expect(readBundle(dir)).rejects.toMatchObject({ code, details: { file } });
  });
});
