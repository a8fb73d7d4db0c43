import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  keepInputs,
  parseSafetensors,
  readSafetensors,
  readTensors,
  type Tensor,
  writeFileAtomic,
  writeSafetensors,
} from '../src/index.js';
import { temporaryFolder } from './cohort.js';

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});

describe('writeFileAtomic', () => {
  it('replaces a file and leaves nothing else', async () => {
    const file = join(folder, 'atomic', 'a.txt');
    await writeFileAtomic(file, 'one');
    await writeFileAtomic(file, new TextEncoder().encode('two'));
    expect(await readFile(file, 'utf8')).toBe('two');
    expect(await readdir(join(folder, 'atomic'))).toEqual(['a.txt']);
  });

  it('keeps the old file where the new one cannot be put', async () => {
    const taken = join(folder, 'taken');
    await mkdir(join(taken, 'inside'), { recursive: true });
    // A folder that is not empty cannot be replaced by a rename, whoever runs the test.
    await expect(writeFileAtomic(taken, 'x')).rejects.toMatchObject({
      code: 'IO_ERROR',
      details: { file: taken },
    });
    expect(await readdir(taken)).toEqual(['inside']);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('keeps paths out of the message', async () => {
    const file = join(folder, 'plain');
    await writeFile(file, '');
    const error = await writeFileAtomic(join(file, 'John Doe', 'x'), '').catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'IO_ERROR' });
    expect((error as Error).message).not.toContain('John Doe');
  });
});

it.skipIf(process.platform !== 'linux')('ends where a file system takes no folders', async () => {
  await expect(writeFileAtomic('/proc/none/x', '')).rejects.toMatchObject({
    code: 'IO_ERROR',
    details: { systemCode: 'ENOENT' },
  });
});

describe('keepInputs', () => {
  const replaced = { code: 'INVALID_CONFIG', message: expect.stringContaining('would replace') };

  it('refuses an output in the place of an input, however it is spelt', async () => {
    const source = join(folder, 'source');
    const file = join(source, 'dataset.yaml');
    await writeFileAtomic(file, '');
    await symlink(source, join(folder, 'link'));
    const spellings = [
      file,
      relative('.', file),
      join(source, 'x', '..', 'dataset.yaml'),
      join(folder, 'link', 'dataset.yaml'),
      source,
    ];
    for (const output of spellings)
      await expect(keepInputs([file], [output]), output).rejects.toMatchObject(replaced);
    await expect(keepInputs([join(source, 'none')], [`${source}/none`])).rejects.toThrow();
  });

  it('lets an output lie beside the inputs', async () => {
    const file = join(folder, 'source', 'dataset.yaml');
    await keepInputs([file], [`${file}.html`, join(folder, 'source', 'new', 'dataset.yaml')]);
  });
});

/**
 * Written by the reference implementation, safetensors 0.8.0 for Python:
 *   save({"b": np.array([1, -2, 3], np.int16), "a": np.array([[1.5], [-0.25]], np.float32),
 *         "m": np.array([0, 1, 255], np.uint8)}, metadata={"format": "test"}).hex()
 */
const reference =
  'c8000000000000007b225f5f6d657461646174615f5f223a7b22666f726d6174223a2274657374227d2c2261223a7b226474797065223a22463332222c227368617065223a5b322c315d2c22646174615f6f666673657473223a5b302c385d7d2c2262223a7b226474797065223a22493136222c227368617065223a5b335d2c22646174615f6f666673657473223a5b382c31345d7d2c226d223a7b226474797065223a225538222c227368617065223a5b335d2c22646174615f6f666673657473223a5b31342c31375d7d7d2020200000c03f000080be0100feff03000001ff';

describe('safetensors', () => {
  const tensors: Record<string, Tensor> = {
    b: { dtype: 'I16', shape: [3], data: Int16Array.of(1, -2, 3) },
    a: { dtype: 'F32', shape: [2, 1], data: Float32Array.of(1.5, -0.25) },
    m: { dtype: 'U8', shape: [3], data: Uint8Array.of(0, 1, 255) },
  };

  it('reads what the reference implementation writes', () => {
    const parsed = parseSafetensors(Buffer.from(reference, 'hex'));
    expect(parsed.metadata).toEqual({ format: 'test' });
    expect(Object.fromEntries(parsed.tensors)).toEqual(tensors);
  });

  it('writes the same bytes as the reference implementation', async () => {
    const file = join(folder, 'same.safetensors');
    await writeSafetensors(file, tensors, { format: 'test' });
    expect((await readFile(file)).toString('hex')).toBe(reference);
  });

  it('reads one tensor of a file', async () => {
    const file = join(folder, 'some.safetensors');
    await writeSafetensors(file, tensors);
    expect((await readTensors(file, ['b'])).get('b')).toEqual(tensors.b);
    await expect(readTensors(file, ['c'])).rejects.toMatchObject({
      code: 'DATA_ERROR',
      details: { file },
    });
    expect((await readSafetensors(file)).tensors.size).toBe(3);
  });

  const hostile = (header: unknown, data = Buffer.alloc(8)) => {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([length, json, data]);
  };
  const entry = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['a header longer than the file', Buffer.from('ffffffffffffff7f7b7d', 'hex')],
    ['no JSON', hostile('{"a":')],
    ['a list', hostile('[]', Buffer.alloc(0))],
    ['offsets beyond the data', hostile({ a: { ...entry, data_offsets: [0, 16], shape: [4] } })],
    ['a shape that does not fit', hostile({ a: { ...entry, shape: [2 ** 40, 2 ** 40] } })],
    ['a negative shape', hostile({ a: { ...entry, shape: [-2, -1] } })],
    ['an unknown dtype', hostile({ a: { ...entry, dtype: '__proto__' } })],
    ['overlap', hostile({ a: entry, b: entry })],
    ['a hole', hostile({ a: { ...entry, data_offsets: [8, 16] } }, Buffer.alloc(16))],
    ['bytes that belong to nobody', hostile({ a: entry }, Buffer.alloc(9))],
    ['metadata that is no text', hostile({ __metadata__: { a: 1 }, a: entry })],
  ])('refuses %s', (_, bytes) => {
    expect(() => parseSafetensors(bytes)).toThrowError(
      expect.objectContaining({ code: 'DATA_ERROR' }),
    );
  });
});
