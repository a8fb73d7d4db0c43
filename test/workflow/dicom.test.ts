import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.js';
import { abdomen, boxMask } from '../../packages/pipeline/test/cohort.js';
import {
  segmentationFile,
  structureSetFile,
  writeSeries,
} from '../../packages/pipeline/test/dicom-files.js';
import { filesThatHold } from './steps.js';

let dir: string;
const names = ['Mustermann', 'Erika', '4711-geheim'];
const anyName = /Mustermann|Erika|4711-geheim/i;

/** Names in folders, files and tags; the masks as SEG and as RTSTRUCT. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-dicom-'));
  const study = join(dir, 'Mustermann Erika');
  for (const [i, phase] of ['NC', 'ART', 'PV'].entries()) {
    await writeSeries(join(study, phase), abdomen(10 * i), {
      series: phase,
      patient: 'Mustermann^Erika',
      name: (z) => `Mustermann_Erika_${phase}_${7 - z}`,
      change: (elements) => {
        elements.x0008103e = { vr: 'LO', value: 'Leber Mustermann' };
        elements.x00100020 = { vr: 'LO', value: '4711-geheim' };
      },
    });
  }
  const files = await writeSeries(join(study, 'gap'), abdomen(40), {
    series: 'gap',
    name: (z) => `Mustermann_Erika_gap_${z}`,
  });
  await rm(files[4] as string);
  const mask = boxMask([12, 10, 2], [24, 20, 6]);
  const segments = [{ number: 1, label: 'Mass of Erika', data: mask.data }];
  await writeFile(join(study, 'Erika seg'), segmentationFile(mask, segments));
  const [ox, oy, oz] = mask.origin;
  const corners = [
    [0, 0],
    [9, 0],
    [9, 9],
    [0, 9],
  ] as const;
  const contours = [2, 3].map((z) =>
    corners.map(([x, y]) => [ox + 9 + x, oy + 9 + y, oz + 5 * z] as const),
  );
  const rois = [{ number: 1, name: 'GTV Mustermann', contours }];
  await writeFile(join(study, 'rtstruct'), structureSetFile(rois));
  await writeFile(join(dir, 'pseudonym.key'), `${'0123456789abcdef'.repeat(4)}\n`);
  await writeFile(join(dir, 'dataset.yaml'), dataset('PV'));
  await writeFile(join(dir, 'faulty.yaml'), dataset('gap'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

function dataset(reference: string): string {
  return `
format: flc-dataset
version: 1
modality: CT
phases: [NC, ART, PV]
reference: PV
classes: [cyst, hcc]
pseudonymKey: pseudonym.key
cases:
  - id: Mustermann Erika
    patient: 4711-geheim
    phases:
      NC: { dicom: Mustermann Erika/NC }
      ART: { dicom: Mustermann Erika/ART }
      PV: { dicom: Mustermann Erika/${reference} }
    lesions:
      - { mask: { dicom: Mustermann Erika/Erika seg, segment: Mass of Erika }, class: hcc }
      - { mask: { dicom: Mustermann Erika/rtstruct, roi: GTV Mustermann }, class: cyst }
`;
}

const run = (...args: string[]) => runCli(args, { cwd: dir });

describe('a cohort of DICOM with names in folders, files and tags', () => {
  it('is checked and prepared, and leaves no name anywhere', async () => {
    const found = await run('check', '--dataset', 'dataset.yaml', '--json');
    expect(found.exitCode, found.stderr).toBe(0);
    expect(JSON.parse(found.stdout)).toMatchObject({ findings: [], lesions: 2, ok: true });
    const done = await run('prepare', '--dataset', 'dataset.yaml', '--out', 'prepared', '--json');
    expect(done.exitCode, done.stderr).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ prepared: 1, failed: [], samples: 2 });
    for (const { stdout, stderr } of [found, done]) expect(stdout + stderr).not.toMatch(anyName);
    expect(await filesThatHold(join(dir, 'prepared'), names)).toEqual([]);
    const { caseId } = JSON.parse(await readFile(join(dir, 'prepared/index.json'), 'utf8'))
      .cases[0];
    // Under the key, so not the plain hash that a list of names would give away.
    // printf 'Mustermann Erika' | openssl dgst -sha256 -mac HMAC -macopt hexkey:<key> | cut -c1-12
    expect(caseId).toBe('11176cec3086');
  });

  it('hides them in failures too, unless asked', async () => {
    for (const command of [['check'], ['prepare', '--out', 'failed']]) {
      const args = [...command, '--dataset', 'faulty.yaml'];
      const { exitCode, stdout, stderr } = await run(...args, '--json');
      expect(exitCode).toBe(3);
      expect(stdout + stderr).not.toMatch(anyName);
      const asked = await run(...args, '--verbose');
      expect(asked.stderr).toContain('Mustermann_Erika_gap_5');
      expect(stderr).toMatch(/1 slice is missing between 115 and 125 mm/);
    }
  });
});
