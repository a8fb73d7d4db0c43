import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-import-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** A cohort of phantoms under the names that a hospital might give. */
async function hospital(): Promise<string> {
  const made = join(dir, 'phantoms');
  const size = ['--size', '96,96,12', '--workers', '1'];
  const phantom = await runCli(['phantom', '--out', made, '--lesions', '4', ...size]);
  expect(phantom.exitCode, phantom.stderr).toBe(0);
  const names = { NC: 'nativ', ART: 'arteriell', PV: 'portalvenös' };
  for (const [i, id] of (await readdir(join(made, 'images'))).sort().entries()) {
    const folder = join(dir, 'hospital', `Mustermann-${i + 1}`);
    await mkdir(folder, { recursive: true });
    const from = (kind: string, file: string) => join(made, kind, id, `${file}.nii.gz`);
    for (const [phase, name] of Object.entries(names)) {
      await rename(from('images', phase), join(folder, `${name}.nii.gz`));
    }
    await rename(from('masks', 'lesion-PV'), join(folder, 'Läsion_maske.nii.gz'));
    await rename(from('masks', 'liver'), join(folder, 'leber_maske.nii.gz'));
  }
  return join(dir, 'hospital');
}

it('goes from a hospital folder to prepared lesions', async () => {
  const from = await hospital();
  await rm(join(from, 'Mustermann-4', 'arteriell.nii.gz'));
  const dataset = join(dir, 'out', 'dataset.yaml');
  const sheet = join(dir, 'classes.csv');
  await writeFile(sheet, 'case;class\nMustermann-1;HCC\nMustermann-2;Zyste\nMustermann-3;FNH\n');
  const words = ['--from', from, '--out', dataset, '--sheet', sheet];
  const imported = await runCli(['import', ...words, '--json', '--verbose']);
  expect(imported.exitCode, imported.stderr).toBe(0);
  expect(JSON.parse(imported.stdout)).toMatchObject({
    layout: 'folder',
    cases: 3,
    phases: ['NC', 'ART', 'PV'],
    lesions: { total: 3, byClass: { hcc: 1, cyst: 1, fnh: 1 } },
    apart: [{ reason: 'phase ART is missing' }],
  });
  // Names are for the terminal of the user alone.
  expect(imported.stdout).not.toMatch(/mustermann/i);
  expect(imported.stdout).not.toContain(dir);
  expect(imported.stderr).toContain('set apart Mustermann-4: phase ART is missing');
  const checked = await runCli(['check', '--dataset', dataset]);
  expect(checked.exitCode, checked.stderr).toBe(0);
  expect(checked.stdout).toContain('3 cases, 3 lesions: 0 errors');
  const prepared = join(dir, 'prepared');
  const done = await runCli(['prepare', '--dataset', dataset, '--out', prepared, '--workers', '1']);
  expect(done.exitCode, done.stderr).toBe(0);
  expect(done.stdout).toContain('3 cases prepared');
  expect(await readFile(join(prepared, 'index.json'), 'utf8')).not.toMatch(/mustermann/i);
}, 60_000);

it.each([
  [['--layout', 'mct-ltdaig'], 2, 'did you mean "mct-ltdiag"?'],
  [['--layout', 'lits'], 3, 'volume-<n>.nii'],
  [['--phase', 'ART'], 2, '--phase must be'],
  [['--phases', 'NC,,PV'], 2, '--phases must be'],
])('says what is wrong with %j', async (flags, exitCode, text) => {
  const from = join(dir, 'hospital');
  const result = await runCli(['import', '--from', from, '--out', join(dir, 'x.yaml'), ...flags]);
  expect(result.exitCode).toBe(exitCode);
  expect(result.stderr).toContain(text);
});
