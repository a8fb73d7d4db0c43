import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { readVolume } from '../src/index.js';
import { listenToErrors } from '../src/itk/listen-to-errors.js';
import { temporaryFolder } from './cohort.js';

const terminal = globalThis.console;
const say = (word: string) => terminal.log(word);

afterEach(() => vi.restoreAllMocks());

it('what ITK says of a damaged file goes into the error, not to the terminal', async () => {
  const spoken = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error')];
  for (const spy of spoken) spy.mockImplementation(() => {});
  const header = ['NRRD0004', 'type: short', 'dimension: 3', 'sizes: 4 4 4', 'encoding: raw'];
  const file = join(await temporaryFolder(), 'damaged.nrrd');
  // Enough bytes for what the first lines declare; the last one contradicts them.
  const lines = [...header, 'space: left-posterior-superior', 'space directions: (1,0) (0,1) none'];
  await writeFile(file, `${lines.join('\n')}\n\n${'x'.repeat(128)}`);
  const reading = [readVolume(file), readVolume(file)];
  for (const outcome of await Promise.allSettled(reading)) {
    expect(outcome).toMatchObject({ reason: { code: 'DATA_ERROR', details: { file } } });
    const { cause } = (outcome as PromiseRejectedResult).reason as Error;
    expect((cause as Error).message).not.toBe('');
  }
  for (const spy of spoken) expect(spy).not.toHaveBeenCalled();
});

it('gives the console back when the last listener stops, whatever the order', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const [first, second] = [listenToErrors(), listenToErrors()];
  say('one');
  first.stop();
  say('two');
  expect(log).not.toHaveBeenCalled();
  expect(second.reason(7)).toBe('one two');
  second.stop();
  say('three');
  expect(log).toHaveBeenCalledExactlyOnceWith('three');
});
