import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
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

it('says of a file that cannot be read whose it is, by a token in a log', async () => {
  const made = join(dir, 'dicom');
  const size = ['--size', '96,96,12', '--workers', '1'];
  await runCli(['phantom', '--out', made, '--lesions', '4', '--dicom', ...size]);
  const slice = join(made, 'images', 'case-0001', 'PV', 'IM0005.dcm');
  await writeFile(slice, (await readFile(slice)).subarray(0, 700));
  const words = ['--from', join(made, 'images'), '--out', join(dir, 'd', 'dataset.yaml')];
  const inLog = await runCli(['import', '--layout', 'dicom', ...words]);
  expect(inLog.stderr).toMatch(
    /warning UNREADABLE_FILE \([0-9a-f]{12}, file:[0-9a-f]{12}\): DICOM/,
  );
  expect(inLog.stderr).not.toContain('IM0005');
  const shown = await runCli(['import', '--layout', 'dicom', '--verbose', ...words]);
  expect(shown.stderr).toContain(`warning UNREADABLE_FILE (patient-0001, ${slice}): DICOM`);
});

it('ends with 3 where no case is complete, and names no next step', async () => {
  const from = join(dir, 'incomplete');
  for (const [patient, phase] of [
    ['a', 'nativ'],
    ['b', 'arteriell'],
  ] as const) {
    await mkdir(join(from, patient), { recursive: true });
    const image = join(dir, 'hospital', 'Mustermann-1', `${phase}.nii.gz`);
    await copyFile(image, join(from, patient, `${phase}.nii.gz`));
  }
  const out = join(dir, 'incomplete.yaml');
  const words = ['--from', from, '--out', out, '--phases', 'NC,ART'];
  const { exitCode, stdout, stderr } = await runCli(['import', ...words]);
  expect(exitCode, stderr).toBe(3);
  expect(stdout).toContain('0 cases, 2 set apart');
  expect(stdout).not.toContain('Next:');
  const checked = await runCli(['check', '--dataset', out]);
  expect(checked.exitCode).toBe(3);
  expect(checked.stderr).toMatch(/^error NO_CASES: /m);
  const prepared = await runCli(['prepare', '--dataset', out, '--out', join(dir, 'none')]);
  expect(prepared.exitCode).toBe(3);
  expect(prepared.stderr).toContain('NO_CASES');
}, 30_000);

it('asks for a file before the work', async () => {
  const dataset = join(dir, 'out', 'dataset.yaml');
  const checked = await runCli(['check', '--dataset', dataset, '--sheet', dir]);
  expect(checked.exitCode).toBe(2);
  expect(checked.stderr).toContain('the output is to be a file');
  expect(checked.stderr).not.toContain('check: ');
});

it('never writes the sheet over what it shows', async () => {
  const dataset = join(dir, 'out', 'dataset.yaml');
  const before = await readFile(dataset, 'utf8');
  const checked = await runCli(['check', '--dataset', dataset, '--sheet', dataset]);
  expect(checked.exitCode).toBe(2);
  expect(checked.stderr).toContain('would replace');
  expect(await readFile(dataset, 'utf8')).toBe(before);
});

it('names no next step where nothing was prepared, and the case to a person alone', async () => {
  const dataset = join(dir, 'out', 'without-a-phase.yaml');
  const text = await readFile(join(dir, 'out', 'dataset.yaml'), 'utf8');
  await writeFile(dataset, text.replaceAll(/^ +NC: .*\n/gm, ''));
  const words = ['prepare', '--dataset', dataset, '--out', join(dir, 'nothing'), '--workers', '1'];
  const inLog = await runCli(words);
  expect(inLog.exitCode).toBe(3);
  expect(inLog.stdout).not.toContain('Next:');
  expect(inLog.stderr).toMatch(/case [0-9a-f]{12} failed/);
  expect(inLog.stderr).not.toMatch(/mustermann/i);
  expect((await runCli([...words, '--verbose'])).stderr).toContain('case Mustermann-1 failed');
});

it('says after Ctrl-C how prepare goes on', async () => {
  const words = ['prepare', '--dataset', join(dir, 'out', 'dataset.yaml'), '--workers', '1'];
  const args = [...words, '--out', join(dir, 'cut short')];
  let isSent = false;
  const { exitCode, stderr } = await runCli(args, {
    onStderr(text, kill) {
      if (isSent || !text.includes('prepare: ')) return;
      isSent = true;
      kill('SIGINT');
    },
  });
  expect(exitCode, stderr).toBe(130);
  const out = `'${join(dir, 'cut short')}'`;
  expect(stderr).toContain(
    `remedy: Go on with the same command: flc-native ${words.join(' ')} --out ${out}`,
  );
});

it('shows the columns of a sheet that cannot be used to a person alone', async () => {
  const sheet = join(dir, 'no-header.csv');
  await writeFile(sheet, 'Mustermann-1;HCC\n');
  const words = ['--from', join(dir, 'hospital'), '--out', join(dir, 'x.yaml'), '--sheet', sheet];
  const inLog = await runCli(['import', ...words, '--json']);
  expect(inLog.exitCode).toBe(3);
  expect(inLog.stderr + inLog.stdout).not.toMatch(/mustermann/i);
  const shown = await runCli(['import', ...words, '--verbose']);
  expect(shown.stderr).toContain('columns of the sheet: mustermann-1, hcc');
});

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
