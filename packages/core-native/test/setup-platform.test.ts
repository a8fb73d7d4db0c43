import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  cacheDir,
  describePlatform,
  type PlatformFacts,
  platformProblems,
  torchVersion,
  wantsCuda,
  wheelSet,
} from '../setup/index.mjs';

const good: PlatformFacts = {
  platform: 'linux',
  arch: 'x64',
  glibc: '2.36',
  node: '20.20.2',
  python: { version: '3.11.2', pip: 'pip' },
  nvidia: { driver: '580.65.06', computeCapabilities: ['9.0'] },
  memoryBytes: 16e9,
  cacheDir: '/cache',
  freeBytes: 20e9,
};
const everything = { cuda: true, pip: true, bytes: 10e9 };

describe('platformProblems', () => {
  it('has nothing to say about a good machine', () => {
    expect(platformProblems(good, everything)).toEqual([]);
  });

  it.each<[string, Partial<PlatformFacts>, string, RegExp, RegExp]>([
    ['macOS', { platform: 'darwin' }, 'INVALID_CONFIG', /Linux x86-64 only.*darwin x64/, /Linux/],
    ['ARM', { arch: 'arm64' }, 'INVALID_CONFIG', /Linux x86-64 only.*linux arm64/, /Linux/],
    ['old glibc', { glibc: '2.31' }, 'INVALID_CONFIG', /glibc 2.34 or newer.*2.31/, /Debian 12/],
    ['musl', { glibc: undefined }, 'INVALID_CONFIG', /another C library/, /Debian 12/],
    ['no python3', { python: undefined }, 'INVALID_CONFIG', /python3 was not/, /apt-get install/],
    [
      'no pip',
      { python: { version: '3.11.2', pip: undefined } },
      'INVALID_CONFIG',
      /no pip/,
      /apt-get install -y python3-pip/,
    ],
    [
      'a full disk',
      { freeBytes: 9e9 },
      'IO_ERROR',
      /10.0 GB are needed.*9.0 GB are free/,
      /FLC_HOME/,
    ],
    [
      'an old driver',
      { nvidia: { driver: '570.133.20', computeCapabilities: [] } },
      'CUDA_UNAVAILABLE',
      /580 or newer; this one is 570.133.20/,
      /FLC_CUDA=0/,
    ],
    [
      'an old GPU',
      { nvidia: { driver: '580.65.06', computeCapabilities: ['9.0', '7.0'] } },
      'CUDA_UNAVAILABLE',
      /compute capability 7.0/,
      /FLC_CUDA=0/,
    ],
  ])('names %s and the remedy', (_, facts, code, message, remedy) => {
    const problems = platformProblems({ ...good, ...facts }, everything);
    expect(problems).toEqual([
      {
        code,
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(remedy),
      },
    ]);
  });

  it('asks for the driver and pip only where they are used', () => {
    const facts: PlatformFacts = {
      ...good,
      python: { version: '3.11.2', pip: undefined },
      nvidia: { driver: '535.1', computeCapabilities: ['6.1'] },
    };
    expect(platformProblems(facts, { cuda: false, pip: false, bytes: 0 })).toEqual([]);
  });

  it('compares versions as numbers', () => {
    expect(platformProblems({ ...good, glibc: '2.100' }, everything)).toEqual([]);
    expect(
      platformProblems(
        { ...good, nvidia: { driver: '1000.1', computeCapabilities: ['10.0', '12.0'] } },
        everything,
      ),
    ).toEqual([]);
  });

  it('lets CI compile the CUDA part where there is no driver', () => {
    expect(platformProblems({ ...good, nvidia: undefined }, everything)).toEqual([]);
  });
});

describe('wantsCuda', () => {
  const old: PlatformFacts = { ...good, nvidia: { driver: '535.1', computeCapabilities: [] } };
  const none: PlatformFacts = { ...good, nvidia: undefined };

  it.each<[Record<string, string>, PlatformFacts, boolean]>([
    [{}, good, true],
    [{}, old, false],
    [{}, none, false],
    [{ FLC_CUDA: '0' }, good, false],
    [{ FLC_CUDA: '1' }, none, true],
  ])('with %o', (env, facts, wanted) => {
    expect(wantsCuda(env, facts)).toBe(wanted);
  });
});

describe('cacheDir', () => {
  it.each([
    [{ FLC_HOME: '/a', XDG_CACHE_HOME: '/b' }, '/a'],
    [{ XDG_CACHE_HOME: '/b' }, '/b/flc-native'],
    [{ XDG_CACHE_HOME: 'relative' }, join(homedir(), '.cache', 'flc-native')],
    [{}, join(homedir(), '.cache', 'flc-native')],
  ])('with %o is %s', (env, folder) => {
    expect(cacheDir(env)).toBe(folder);
  });
});

describe('describePlatform', () => {
  it('describes this machine', () => {
    const facts = describePlatform();
    expect(facts.platform).toBe(process.platform);
    expect(facts.glibc).toMatch(/^2\.\d+$/);
    expect(facts.python?.version).toMatch(/^3\.\d+/);
    expect(facts.freeBytes).toBeGreaterThan(0);
  });

  it('reads the driver and the GPUs that nvidia-smi names', async () => {
    const { plant, temporaryFolder } = await import('./fake-torch.js');
    const { chmodSync, rmSync } = await import('node:fs');
    const folder = temporaryFolder();
    plant(join(folder, 'nvidia-smi'), '#!/bin/sh\necho "580.95.05, 9.0"\necho "580.95.05, 8.6"\n');
    chmodSync(join(folder, 'nvidia-smi'), 0o755);
    const { nvidia, python } = describePlatform({ PATH: folder });
    rmSync(folder, { recursive: true });
    expect(nvidia?.computeCapabilities).toEqual(['9.0', '8.6']);
    expect(nvidia?.driver).toMatch(/^\d{3,}\./);
    expect(python).toBeUndefined();
  });
});

describe('wheelSet', () => {
  it('pins torch 2.11.0 and the two libraries that libtorch_cpu needs', () => {
    expect(torchVersion).toBe('2.11.0');
    expect(wheelSet('cpu').wheels.map((wheel) => `${wheel.project}==${wheel.version}`)).toEqual([
      'torch==2.11.0',
      'nvidia-cuda-runtime==13.0.96',
      'nvidia-cuda-cupti==13.0.85',
    ]);
  });

  it('has a checksum and sizes for every wheel, and the CPU set inside the CUDA set', () => {
    const { wheels, bytes, directoryName } = wheelSet('cuda');
    for (const wheel of wheels) {
      expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(wheel.bytes).toBeGreaterThan(0);
      expect(wheel.unpackedBytes).toBeGreaterThan(0);
    }
    expect(wheels).toEqual(expect.arrayContaining([...wheelSet('cpu').wheels]));
    expect(bytes).toBe(wheels.reduce((total, wheel) => total + wheel.bytes, 0));
    expect(directoryName).not.toBe(wheelSet('cpu').directoryName);
  });
});
