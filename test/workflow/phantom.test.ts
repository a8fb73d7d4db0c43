import { cp, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors } from '@flc-native/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.js';
import { filesThatHold, succeed, tinyNetwork } from './steps.js';

let dir: string;
const cohort = ['--prepared', 'prepared', '--run', 'runs/first'];
const outputs: string[] = [];

async function step(...args: string[]): Promise<unknown> {
  const { json, text } = await succeed(dir, ...args);
  outputs.push(text);
  return json;
}

/** Gives the folder of the cohort and a case in it the name of a person. */
async function plantName(): Promise<void> {
  await rename(join(dir, 'cohort'), join(dir, 'Mustermann'));
  const images = join(dir, 'Mustermann', 'images');
  const file = join(dir, 'Mustermann', 'dataset.yaml');
  let yaml = await readFile(file, 'utf8');
  for (const name of await readdir(images)) {
    await rename(join(images, name), join(images, `Erika-${name}`));
    yaml = yaml.replaceAll(`images/${name}/`, `images/Erika-${name}/`);
    yaml = yaml.replaceAll(`id: ${name}\n`, `id: Erika-${name}\n`);
  }
  await writeFile(file, yaml);
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-workflow-'));
  await succeed(dir, 'phantom', '--out', 'cohort', '--lesions', '12', '--size', '96,96,12');
  await plantName();
  await step('check', '--dataset', 'Mustermann/dataset.yaml');
  await step('prepare', '--dataset', 'Mustermann/dataset.yaml', '--out', 'prepared');
  await step('split', '--prepared', 'prepared', '--partitions', '1');
}, 300_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the whole way through the program', () => {
  it('trains, evaluates, predicts and reports', async () => {
    expect(await step('train', ...cohort, ...tinyNetwork)).toMatchObject({
      steps: 4,
      synthetic: true,
    });
    const metrics = await step('evaluate', ...cohort);
    expect(metrics).toMatchObject({ format: 'flc-metrics', synthetic: true });
    await step('report', ...cohort);
    const files = await readdir(join(dir, 'runs/first/report'), { recursive: true });
    for (const name of ['metrics.json', 'metrics.csv', 'predictions.csv', 'report.html'])
      expect(files).toContain(name);
    expect(files.some((name) => name.startsWith('pictures/'))).toBe(true);
    const page = await readFile(join(dir, 'runs/first/report/report.html'), 'utf8');
    expect(page).toContain('Synthetic data');
    const predicted = await runCli(
      [
        'predict',
        '--model',
        'runs/first/model',
        '--dataset',
        'Mustermann/dataset.yaml',
        '--out',
        'predictions',
      ],
      { cwd: dir },
    );
    expect(predicted.exitCode, predicted.stderr).toBe(0);
    expect(predicted.stdout).toContain('Research software, not a medical device.');
    outputs.push(predicted.stdout);
    expect(await readdir(join(dir, 'predictions/label-maps'))).toHaveLength(12);
  });

  it('refuses one image as three phases', async () => {
    const folder = join(dir, 'Mustermann');
    const [id = ''] = await readdir(join(folder, 'images'));
    const image = join(folder, 'images', id, 'PV.nii.gz');
    const phases = ['NC', 'ART', 'PV'].flatMap((phase) => ['--phase', `${phase}=${image}`]);
    const mask = ['--mask', join(folder, 'masks', id.replace('Erika-', ''), 'lesion-PV.nii.gz')];
    const words = ['predict', '--model', 'runs/first/model', ...phases, ...mask];
    const refused = await runCli(words, { cwd: dir });
    expect(refused.exitCode, refused.stderr).toBe(3);
    expect(refused.stderr).toContain('DUPLICATE_IMAGE');
    const forced = await runCli([...words, '--force', '--json'], { cwd: dir });
    expect(forced.exitCode, forced.stderr).toBe(0);
    const [{ warnings }] = JSON.parse(forced.stdout).predictions;
    expect(warnings).toContainEqual(expect.stringContaining('DUPLICATE_IMAGE'));
  });

  it('lets no name through', async () => {
    expect(outputs.join('\n')).not.toMatch(/Mustermann|Erika/i);
    for (const folder of ['prepared', 'runs', 'predictions'])
      expect(await filesThatHold(join(dir, folder), ['Mustermann', 'Erika'])).toEqual([]);
    expect(await readFile(join(dir, 'prepared-splits.json'), 'utf8')).not.toMatch(
      /Mustermann|Erika/i,
    );
  });

  it('refuses to train over a finished run', async () => {
    const { exitCode, stderr } = await runCli(['train', ...cohort, ...tinyNetwork], { cwd: dir });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('There is a run in this folder already');
  });

  it('refuses a model that is cut short', async () => {
    const run = 'runs/cut';
    await cp(join(dir, 'runs/first'), join(dir, run), { recursive: true });
    await truncate(join(dir, run, 'model/weights.safetensors'), 1000);
    const { exitCode, stdout } = await runCli(
      ['evaluate', '--prepared', 'prepared', '--run', run, '--json'],
      { cwd: dir },
    );
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
  });

  it('refuses to evaluate on patients that the model learned from', async () => {
    const splits = JSON.parse(await readFile(join(dir, 'prepared-splits.json'), 'utf8'));
    const [partition] = splits.partitions;
    [partition.train, partition.test] = [partition.test, partition.train];
    await writeFile(join(dir, 'swapped.json'), JSON.stringify(splits));
    const { exitCode, stderr } = await runCli(['evaluate', ...cohort, '--splits', 'swapped.json'], {
      cwd: dir,
    });
    expect(exitCode).toBe(3);
    expect(stderr).toContain('The model learned from');
  });

  it('refuses splits with a patient in two parts', async () => {
    const splits = JSON.parse(await readFile(join(dir, 'prepared-splits.json'), 'utf8'));
    splits.partitions[0].test.push(splits.partitions[0].train[0]);
    await writeFile(join(dir, 'leaking.json'), JSON.stringify(splits));
    const { exitCode, stderr } = await runCli(
      ['train', '--prepared', 'prepared', '--run', 'runs/leak', '--splits', 'leaking.json'],
      { cwd: dir },
    );
    expect(exitCode).toBe(3);
    expect(stderr).toMatch(/is in train and in test/);
  });
});

describe('a damaged case', () => {
  const broken = 'Mustermann/broken.yaml';
  beforeAll(async () => {
    const yaml = await readFile(join(dir, 'Mustermann/dataset.yaml'), 'utf8');
    const [image = ''] = /images\/\S+PV\.nii\.gz/.exec(yaml) ?? [];
    await cp(join(dir, 'Mustermann', image), join(dir, 'Mustermann/cut.nii.gz'));
    await truncate(join(dir, 'Mustermann/cut.nii.gz'), 5000);
    await writeFile(join(dir, broken), yaml.replace(image, 'cut.nii.gz'));
  });

  it('is found by check, with the file on stderr only, and only if asked for', async () => {
    const quiet = await runCli(['check', '--dataset', broken], { cwd: dir });
    expect(quiet.stdout + quiet.stderr).not.toMatch(/Mustermann|Erika|cut\.nii/i);
    const found = await runCli(['check', '--dataset', broken, '--json', '--verbose'], { cwd: dir });
    expect(found.exitCode).toBe(3);
    expect(JSON.parse(found.stdout)).toMatchObject({ ok: false, cases: 12 });
    expect(found.stdout).not.toMatch(/Mustermann|Erika|cut\.nii/i);
    expect(found.stderr).toContain('cut.nii.gz');
  });

  it('does not stop the others', async () => {
    const done = await runCli(
      ['prepare', '--dataset', broken, '--out', 'prepared-broken', '--json', '--verbose'],
      {
        cwd: dir,
      },
    );
    expect(done.exitCode).toBe(3);
    const { prepared, failed } = JSON.parse(done.stdout);
    expect(prepared).toBe(11);
    expect(failed).toEqual([
      {
        caseId: expect.stringMatching(/^[0-9a-f]{12}$/),
        error: expect.objectContaining({ code: 'DATA_ERROR' }),
      },
    ]);
    expect(done.stdout).not.toMatch(/Mustermann|Erika|cut\.nii/i);
    expect(done.stderr).toContain('cut.nii.gz');
  });
});

describe('Ctrl-C', () => {
  it('leaves a checkpoint, says how to go on, and the run ends as if never stopped', async () => {
    const steps = ['--max-steps', '12', '--evaluate-every', '4'];
    const flags = [...tinyNetwork, ...steps];
    const stopped = await runCli(
      ['train', '--prepared', 'prepared', '--run', 'runs/stopped', ...flags],
      {
        cwd: dir,
        onStderr: interruptOnce(/train: /),
      },
    );
    expect(stopped.exitCode, stopped.stderr).toBe(130);
    expect(stopped.stdout).toBe('');
    const command = /Go on with: flc-native (.*)/.exec(stopped.stderr)?.[1]?.split(' ') ?? [];
    expect(command).toContain('--resume');
    const resumed = await runCli(command, { cwd: dir });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    await step('train', '--prepared', 'prepared', '--run', 'runs/straight', ...flags);
    // The order of the file's metadata is free; the tensors are not.
    const weights = async (run: string) =>
      (await readSafetensors(join(dir, run, 'model/weights.safetensors'))).tensors;
    expect(await weights('runs/stopped')).toEqual(await weights('runs/straight'));
    const machine = (run: string) => readFile(join(dir, run, 'model/svm.json'), 'utf8');
    expect(await machine('runs/stopped')).toBe(await machine('runs/straight'));
  });
});

/** Sends one SIGINT when stderr first matches. */
function interruptOnce(pattern: RegExp) {
  let isSent = false;
  return (text: string, kill: (signal: NodeJS.Signals) => void) => {
    if (isSent || !pattern.test(text)) return;
    isSent = true;
    kill('SIGINT');
  };
}
