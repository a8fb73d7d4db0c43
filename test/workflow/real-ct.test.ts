import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readVolume } from '@flc-native/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRealCtCohort } from './real-ct-cohort.js';
import { filesThatHold, succeed, tinyNetwork } from './steps.js';

const data = fileURLToPath(new URL('../../../shared/data/totalsegmentator', import.meta.url));
const isHere = existsSync(join(data, 'example_ct_sm.nii.gz'));
const liverLabel = 5;
const suite = isHere
  ? 'a real abdominal CT'
  : 'a real abdominal CT (skipped: ../shared/data/totalsegmentator is absent)';

describe.skipIf(!isHere)(suite, () => {
  let dir: string;
  /** Hospitals name folders and files after patients. */
  const caseName = (i: number) => `Mustermann_Erika_${i}`;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'flc-real-ct-'));
    const ct = await readVolume(join(data, 'example_ct_sm.nii.gz'));
    const organs = await readVolume(join(data, 'example_seg.nii.gz'));
    const liver = {
      ...organs,
      dtype: 'uint8' as const,
      data: Uint8Array.from(organs.data, (label) => (label === liverLabel ? 1 : 0)),
    };
    const out = join(dir, 'Mustermann');
    await mkdir(out);
    await writeRealCtCohort({ out, ct, liver, casesPerClass: 3, caseName });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('goes from check to prediction through the program', async () => {
    const outputs: string[] = [];
    const step = async (...args: string[]) => {
      const { json, text } = await succeed(dir, ...args);
      outputs.push(text);
      return json;
    };
    const dataset = 'Mustermann/dataset.yaml';
    expect(await step('check', '--dataset', dataset)).toMatchObject({
      ok: true,
      cases: 12,
      lesions: 12,
    });
    expect(await step('prepare', '--dataset', dataset, '--out', 'prepared')).toMatchObject({
      prepared: 12,
      failed: [],
      samples: 12,
    });
    await step('split', '--prepared', 'prepared', '--partitions', '1', '--seed', '1');
    const cohort = ['--prepared', 'prepared', '--run', 'runs/real'];
    expect(await step('train', ...cohort, ...tinyNetwork)).toMatchObject({
      steps: 4,
      synthetic: true,
      lesions: { train: expect.any(Number), val: expect.any(Number) },
    });
    await step('evaluate', ...cohort);
    const phases = ['NC', 'ART', 'PV'].flatMap((phase) => [
      '--phase',
      `${phase}=Mustermann/${caseName(1)}/${phase}.nii.gz`,
    ]);
    const mask = `Mustermann/${caseName(1)}/lesion.nii.gz`;
    const model = ['predict', '--model', 'runs/real/model'];
    const one = await step(...model, ...phases, '--mask', mask, '--out', 'prediction');
    const all = (await step(...model, '--dataset', dataset, '--out', 'predictions')) as Predictions;
    expect(all.predictions).toHaveLength(12);
    // In the order of dataset.yaml: the lesion is the same one, from files or from memory.
    const {
      id: _id,
      patientId: _patient,
      truth: _truth,
      ...expected
    } = all.predictions[1] as object & Prediction;
    expect(one).toMatchObject({ notice: all.notice, predictions: [expected] });
    expect(all.notice).toBe('Research software, not a medical device.');

    expect(outputs.join('\n')).not.toMatch(/Mustermann|Erika/i);
    for (const folder of ['prepared', 'runs', 'prediction', 'predictions'])
      expect(await filesThatHold(join(dir, folder), ['Mustermann', 'Erika'])).toEqual([]);
    // The search itself works: the data hold the name.
    expect((await filesThatHold(join(dir, 'Mustermann'), ['Erika'])).length).toBeGreaterThan(12);
  });
});

interface Prediction {
  readonly id: string;
  readonly patientId: string;
  readonly truth: string | null;
  readonly class: string;
}

interface Predictions {
  readonly notice: string;
  readonly predictions: readonly Prediction[];
}
