import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-register-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('lists pairs that failed and pairs that look wrong, and goes on past them', async () => {
  const made = join(dir, 'phantoms');
  const size = ['--size', '96,96,12', '--workers', '1'];
  const phantom = await runCli(['phantom', '--out', made, '--lesions', '4', ...size]);
  expect(phantom.exitCode, phantom.stderr).toBe(0);
  const dataset = join(made, 'dataset.yaml');
  const text = await readFile(dataset, 'utf8');
  // Too few points and steps to find anything.
  const careless = 'registration: { linearResolutions: 1, linearIterations: 12, samples: 64 }';
  await writeFile(dataset, `${text}${careless}\n`);
  await writeFile(join(made, 'images', 'case-0001', 'NC.nii.gz'), 'no volume');
  const out = join(dir, 'registered');
  const done = await runCli(['register', '--dataset', dataset, '--out', out, '--method', 'rigid']);
  expect(done.exitCode, done.stderr).toBe(3);
  expect(done.stderr).toMatch(/case [0-9a-f]{12}, phase NC failed/);
  expect(done.stderr).toMatch(
    /warning: case [0-9a-f]{12}, phase \w+: the phases are less alike than before/,
  );
  expect(done.stdout).toMatch(/7 phases moved, 0 kept, 1 failed, [1-9]\d* warnings/);
  const quality = JSON.parse(await readFile(join(out, 'quality.json'), 'utf8'));
  expect(quality.pairs).toHaveLength(7);
  expect(quality.settings).toMatchObject({ samples: 64 });
}, 60_000);
