import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-interruption-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

// Far more lesions than could be made before the signal.
const endless = (out: string) => [
  ...['phantom', '--out', join(dir, out), '--lesions', '4000', '--size', '96,96,12'],
  ...['--workers', '1'],
];

describe('an interrupted command', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('ends with 130 after %s', async (signal) => {
    let isSent = false;
    const { exitCode, stderr, stdout } = await runCli(endless(signal), {
      onStderr(text, kill) {
        if (isSent || !text.includes('phantoms: ')) return;
        isSent = true;
        kill(signal);
      },
    });
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain('A second Ctrl-C ends at once');
    expect(stderr).toContain('CANCELLED');
    expect(stdout).toBe('');
    await expect(access(join(dir, signal, 'dataset.yaml'))).rejects.toThrow();
  });
});
