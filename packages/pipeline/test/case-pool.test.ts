import type { FlcError } from '@flc-native/errors';
import { describe, expect, it } from 'vitest';
import { runCaseTasks } from '../src/case/case-pool.js';
import type { CaseTask } from '../src/case/case-task.js';

/** A worker that answers with the name of its task, or does what the name says. */
const script = `
  import { parentPort } from 'node:worker_threads';
  parentPort.on('message', ({ job }) => {
    if (job === 'exit') process.exit(3);
    if (job === 'throw') throw new Error('boom');
    if (job === 'full') {
      const details = { systemCode: 'ENOSPC' };
      return parentPort.postMessage({ error: { code: 'IO_ERROR', message: 'full', details } });
    }
    if (job !== 'hang') parentPort.postMessage({ value: job });
  });`;
const workerFile = new URL(`data:text/javascript,${encodeURIComponent(script)}`);

async function run(names: string[], signal?: AbortSignal) {
  const outcomes: unknown[] = [];
  const tasks = names.map((job) => ({ kind: 'check', job }) as unknown as CaseTask);
  await runCaseTasks(tasks, {
    workers: 2,
    workerFile,
    signal,
    onOutcome: (i, outcome) => {
      outcomes[i] = outcome;
    },
  });
  return outcomes;
}

describe('threads', () => {
  it('that die take their own case with them and no other', async () => {
    const outcomes = await run(['a', 'exit', 'b', 'throw', 'c', 'd']);
    expect(outcomes.map((outcome) => (outcome as FlcError).code ?? outcome)).toEqual([
      'a',
      'INTERNAL',
      'b',
      'INTERNAL',
      'c',
      'd',
    ]);
  });

  it('are ended by a disk that is full, and with them the work', async () => {
    const running = run(['a', 'hang', 'full', 'b']);
    await expect(running).rejects.toMatchObject({ code: 'IO_ERROR', message: 'full' });
  });

  it('are ended by the signal, whatever they do', async () => {
    const controller = new AbortController();
    const running = run(['hang', 'hang', 'a'], controller.signal);
    setImmediate(() => controller.abort());
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
