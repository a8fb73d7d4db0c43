import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listenForInterruption } from '../src/interruption.js';
import { bin, runCli } from './run-cli.js';

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
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends with 130 after %s', async (signal) => {
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

it('ends some seconds after the signal, unless a state is being saved', () => {
  vi.useFakeTimers();
  const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as () => never);
  const seconds = (savesWhenStopped: boolean, wait: number) => {
    const { signal, dispose } = listenForInterruption(() => {}, savesWhenStopped);
    const [last] = process.listeners('SIGHUP').slice(-1);
    last?.('SIGHUP');
    expect(signal.aborted).toBe(true);
    vi.advanceTimersByTime(wait * 1000);
    dispose();
  };
  try {
    seconds(true, 600);
    seconds(false, 5);
    expect(exit).not.toHaveBeenCalled();
    vi.advanceTimersByTime(10_000);
    expect(exit).toHaveBeenCalledWith(130);
  } finally {
    exit.mockRestore();
    vi.useRealTimers();
  }
});

it('goes on when nobody reads stderr and stdout any more', async () => {
  const out = join(dir, 'unread');
  const args = ['phantom', '--out', out, '--lesions', '4', '--size', '96,96,12', '--workers', '1'];
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  child.stderr.destroy();
  expect((await once(child, 'close'))[0]).toBe(0);
  await access(join(out, 'dataset.yaml'));
});
