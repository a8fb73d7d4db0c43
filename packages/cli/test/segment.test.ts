import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

let dir: string;
let dataset: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-segment-'));
  const size = ['--size', '96,96,12', '--workers', '1'];
  const made = await runCli(['phantom', '--out', dir, '--lesions', '4', ...size]);
  expect(made.exitCode, made.stderr).toBe(0);
  dataset = join(dir, 'dataset.yaml');
  const text = await readFile(dataset, 'utf8');
  await writeFile(dataset, text.slice(0, text.indexOf('  - id: case-0003')));
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

const segment = (out: string, ...flags: string[]) =>
  runCli(['segment', '--dataset', dataset, '--out', join(dir, out), ...flags]);

it('draws masks from seeds, which can be checked; done again it does nothing', async () => {
  const done = await segment('segmented');
  expect(done.exitCode, done.stderr).toBe(0);
  expect(done.stdout).toMatch(/2 cases segmented, 0 kept, 0 failed, 6 masks/);
  const checked = await runCli(['check', '--dataset', join(dir, 'segmented', 'dataset.yaml')]);
  expect(checked.stdout).toMatch(/2 cases, 2 lesions: 0 errors/);
  expect((await segment('segmented')).stdout).toMatch(/0 cases segmented, 2 kept/);
}, 60_000);

it('reports as JSON what it drew, by pseudonym', async () => {
  const { exitCode, stdout, stderr } = await segment('joint', '--joint', '--prob', '--json');
  expect(exitCode, stderr).toBe(0);
  const { masks, failed } = JSON.parse(stdout);
  expect(failed).toEqual([]);
  expect(masks).toHaveLength(2);
  expect(masks[0]).toMatchObject({
    caseId: expect.stringMatching(/^[0-9a-f]{12}$/),
    phase: null,
    mask: expect.stringMatching(/^masks\/[0-9a-f]{12}\/lesion-1\.nii\.gz$/),
    probability: expect.stringContaining('probabilities/'),
  });
  expect(stdout).not.toContain(dir);
}, 60_000);

it('goes on past a bad case and says so; refuses settings and cohorts that cannot do', async () => {
  expect(await segment('x', '--beta', '-1')).toMatchObject({ exitCode: 2 });
  expect((await segment('.')).stderr).toContain('another folder');
  await writeFile(join(dir, 'masks', 'case-0002', 'seeds.nii.gz'), 'no volume');
  const done = await segment('bad');
  expect(done.exitCode).toBe(3);
  expect(done.stderr).toMatch(/case [0-9a-f]{12} failed/);
  expect((await segment('bad', '--verbose')).stderr).toMatch(/case case-0002 failed/);
  expect(done.stdout).toMatch(/1 cases segmented, 0 kept, 1 failed/);
  const text = await readFile(dataset, 'utf8');
  await writeFile(dataset, text.replaceAll(/^ +seeds: .*\n/gm, ''));
  const without = await segment('none');
  expect(without.exitCode).not.toBe(0);
  expect(without.stderr).toContain('no lesion of dataset.yaml has seeds');
}, 60_000);
