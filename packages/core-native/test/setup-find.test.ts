import { lstatSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FindOptions, findLibtorch, linkCheckout, wheelSet } from '../setup/index.mjs';
import { plant, plantPython, plantTorch, temporaryFolder } from './fake-torch.js';

let root: string;
let env: Record<string, string>;

beforeEach(() => {
  root = temporaryFolder();
  env = { FLC_HOME: join(root, 'home'), PATH: plantPython(join(root, 'bin'), undefined) };
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function found(options: FindOptions = {}): string {
  const location = findLibtorch({ env, ...options });
  return location === undefined ? 'nothing' : `${location.source} ${location.siteDir}`;
}

const place = (name: string): string => join(root, name);
const cached = (kind: 'cpu' | 'cuda'): string => join(root, 'home', wheelSet(kind).directoryName);

describe('findLibtorch', () => {
  it('finds nothing on a bare machine', () => {
    expect(found()).toBe('nothing');
  });

  it('goes from LIBTORCH to earlier choices, to Python, to the cache', () => {
    plantTorch(cached('cpu'));
    expect(found()).toBe(`cache ${cached('cpu')}`);
    plantTorch(cached('cuda'), { cuda: true });
    expect(found()).toBe(`cache ${cached('cuda')}`);
    plantPython(place('bin'), plantTorch(place('python')));
    expect(found()).toBe(`python ${place('python')}`);
    expect(found({ python: false })).toBe(`cache ${cached('cuda')}`);
    plantTorch(place('selected'));
    symlinkSync(place('selected'), join(root, 'home', 'selected'));
    expect(found()).toBe(`selected ${place('selected')}`);
    plantTorch(place('linked'));
    plant(place('checkout/package.json'));
    symlinkSync(place('linked'), place('checkout/.libtorch'));
    expect(found({ checkout: place('checkout') })).toBe(`checkout ${place('linked')}`);
    env.LIBTORCH = plantTorch(place('own'));
    expect(found({ checkout: place('checkout') })).toBe(`environment ${place('own')}`);
  });

  it('passes over an installation without what is asked for', () => {
    plantPython(place('bin'), plantTorch(place('python')));
    plantTorch(cached('cuda'), { cuda: true });
    expect(found({ cuda: true })).toBe(`cache ${cached('cuda')}`);
    rmSync(join(cached('cuda'), 'nvidia', 'cu13'), { recursive: true });
    expect(found({ cuda: true })).toBe(`cache ${cached('cuda')}`);
    expect(found({ cuda: true, cudaHeaders: true })).toBe('nothing');
  });

  it('takes LIBTORCH as it is, and says what it has', () => {
    env.LIBTORCH = plantTorch(place('own'), { version: '2.11.0+cpu' });
    expect(findLibtorch({ env, cuda: true })).toMatchObject({
      source: 'environment',
      torchDir: place('own/torch'),
      version: '2.11.0+cpu',
      cuda: false,
      cudaHeaders: false,
    });
  });

  it.each(['2.11.0', '2.11.0+cpu', '2.11.0+cu126', '2.11.0+cu130'])(
    'accepts torch %s',
    (version) => {
      env.LIBTORCH = plantTorch(place('own'), { version });
      expect(findLibtorch({ env })?.version).toBe(version);
    },
  );

  it.each(['2.10.0', '2.11.1+cpu', '2.11.0a0', '2.1.0'])(
    'refuses torch %s in LIBTORCH',
    (version) => {
      env.LIBTORCH = plantTorch(place('own'), { version });
      expect(() => findLibtorch({ env })).toThrowError(
        expect.objectContaining({
          name: 'SetupError',
          code: 'INVALID_CONFIG',
          message: `LIBTORCH=${env.LIBTORCH} is torch ${version}, but flc-native is built for torch 2.11.0`,
          details: expect.objectContaining({ expected: '2.11.0', got: version }),
          remedy: expect.stringContaining('unset LIBTORCH'),
        }),
      );
    },
  );

  it.each(['2.10.0', '2.11.1'])('passes over torch %s of Python', (version) => {
    plantPython(place('bin'), plantTorch(place('python'), { version }));
    expect(found()).toBe('nothing');
  });

  it('refuses a LIBTORCH that is no torch', () => {
    env.LIBTORCH = place('nowhere');
    expect(() => findLibtorch({ env })).toThrowError(/is not the folder of a torch/);
  });

  it('names the right folder if LIBTORCH is its parent', () => {
    const torch = plantTorch(place('site'));
    env.LIBTORCH = place('site');
    expect(() => findLibtorch({ env })).toThrowError(
      expect.objectContaining({ remedy: `set LIBTORCH=${torch}` }),
    );
  });

  it('refuses a LIBTORCH without its libraries', () => {
    env.LIBTORCH = plantTorch(place('own'));
    rmSync(join(env.LIBTORCH, 'lib', 'libc10.so'));
    expect(() => findLibtorch({ env })).toThrowError(
      /lacks lib\/libtorch_cpu.so or lib\/libc10.so/,
    );
  });
});

describe('linkCheckout', () => {
  it('replaces the link of an earlier set-up', () => {
    plantTorch(place('first'));
    plantTorch(place('second'), { cuda: true });
    plant(place('checkout/package.json'));
    const checkout = place('checkout');
    for (const name of ['first', 'second']) {
      const location = findLibtorch({ env: { ...env, LIBTORCH: place(`${name}/torch`) } });
      if (location === undefined) throw new Error('not found');
      linkCheckout(checkout, location);
      expect(readlinkSync(place('checkout/.libtorch'))).toBe(place(name));
    }
    expect(lstatSync(place('checkout/.libtorch')).isSymbolicLink()).toBe(true);
  });

  it('does not replace a folder', () => {
    const location = findLibtorch({ env: { ...env, LIBTORCH: plantTorch(place('own')) } });
    if (location === undefined) throw new Error('not found');
    plant(place('checkout/.libtorch/precious'));
    expect(() => linkCheckout(place('checkout'), location)).toThrowError(
      expect.objectContaining({ code: 'IO_ERROR' }),
    );
  });
});
