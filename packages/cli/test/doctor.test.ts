import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-doctor-'));
});
afterAll(() => rm(dir, { recursive: true }));

interface Report {
  readonly usable: boolean;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly findings: readonly { severity: string; message: string; remedy: string }[];
}

describe('doctor', () => {
  it('finds what the network runs on', async () => {
    const { exitCode, stdout } = await runCli(['doctor', '--json']);
    const { usable, facts } = JSON.parse(stdout) as Report;
    expect(exitCode).toBe(0);
    expect(usable).toBe(true);
    expect(facts).toMatchObject({
      node: process.versions.node,
      platform: 'linux x64',
      glibc: expect.stringMatching(/^\d+\.\d+/),
      cores: expect.any(Number),
      memory: { totalBytes: expect.any(Number), freeBytes: expect.any(Number) },
      libtorch: { version: expect.stringMatching(/^2\.11\.0/) },
      CUDA: { loaded: expect.any(Boolean), devices: expect.any(Number) },
      NCCL: expect.any(Boolean),
    });
    // Folders are for people only.
    expect(stdout).not.toMatch(/"\//);
  });

  it('says the same in words', async () => {
    const { exitCode, stdout } = await runCli(['doctor']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^libtorch +2\.11\.0/m);
    expect(stdout).toContain('The network can run here.');
  });

  it.each([
    ['another version of torch', '2.3.1'],
    ['no torch at all', undefined],
  ])('with %s in LIBTORCH fails with a remedy', async (what, version) => {
    const torch = join(dir, what.replaceAll(' ', '-'));
    await mkdir(torch, { recursive: true });
    if (version !== undefined)
      await writeFile(join(torch, 'version.py'), `__version__ = '${version}'\n`);
    const { exitCode, stdout } = await runCli(['doctor', '--json'], { env: { LIBTORCH: torch } });
    const { usable, findings } = JSON.parse(stdout) as Report;
    expect(exitCode).toBe(1);
    expect(usable).toBe(false);
    expect(findings[0]).toMatchObject({ severity: 'error', remedy: expect.stringMatching(/\w/) });
    expect(findings.map(({ message }) => message).join()).toContain('LIBTORCH');
  });
});
