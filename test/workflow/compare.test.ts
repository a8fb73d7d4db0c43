import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../packages/cli/test/run-cli.js';
import { filesThatHold, succeed } from './steps.js';

let dir: string;
const folder = ['--prepared', 'prepared', '--out', 'comparison'];
const flags = [
  ...['--methods', 'xu-2016,resnet-local,majority-vote'],
  ...['--truth', 'Mustermann/truth.json'],
  ...['--depth', '1', '--widths', '4,6,8', '--hidden-size', '5'],
  ...['--patch-input', '16', '--roi-input', '16', '--max-steps', '4', '--evaluate-every', '2'],
  ...['--evaluate-patches-per-lesion', '4', '--label-map-pace', '5', '--seed', '3'],
  ...['--threads', '1', '--cores', '2'],
];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-compare-'));
  await succeed(dir, 'phantom', '--out', 'cohort', '--lesions', '24', '--size', '96,96,12');
  await rename(join(dir, 'cohort'), join(dir, 'Mustermann'));
  await succeed(dir, 'prepare', '--dataset', 'Mustermann/dataset.yaml', '--out', 'prepared');
  await succeed(dir, 'split', '--prepared', 'prepared');
}, 300_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Table {
  readonly synthetic: boolean;
  readonly methods: readonly { readonly method: string }[];
}

describe('compare', () => {
  it('can be stopped, goes on, and leaves table, report and no name', async () => {
    let isSent = false;
    const stopped = await runCli(['compare', ...folder, ...flags], {
      cwd: dir,
      onStderr: (text, kill) => {
        if (isSent || !/comparison: [1-9]/.test(text)) return;
        isSent = true;
        kill('SIGINT');
      },
    });
    expect(stopped.exitCode, stopped.stderr).toBe(130);
    const { json, text } = await succeed(dir, 'compare', ...folder, ...flags);
    const { synthetic, methods } = json as Table;
    expect(synthetic).toBe(true);
    // The decision without the machine brought the row that it rests on; the truth its ceiling.
    expect(methods.map(({ method }) => method)).toEqual([
      ...['xu-2016', 'resnet-local', 'resgl-bdlstm', 'majority-vote', 'oracle'],
    ]);
    expect(text).not.toContain('Mustermann');
    const page = await readFile(join(dir, 'comparison/comparison.html'), 'utf8');
    expect(page).toContain('Synthetic data');
    expect(page).toContain('not a medical device');
    // What is smaller than the paper's is named.
    expect(page).toContain('network.widths 4,6,8 (paper: 16,32,64)');
    expect(await filesThatHold(join(dir, 'comparison'), ['Mustermann'])).toEqual([]);
    // What is done is not done again, and gives the same table.
    const again = await succeed(dir, 'compare', ...folder, ...flags);
    expect(again.text).toBe(text);
  });

  it('refuses settings that the folder was not made with', async () => {
    const { exitCode, stderr } = await runCli(
      ['compare', ...folder, ...flags, '--label-map-pace', '3'],
      { cwd: dir },
    );
    expect(exitCode).toBe(2);
    expect(stderr).toContain('other settings');
  });

  it('refuses a method that there is not, and a cohort of another version', async () => {
    const unknown = await runCli(['compare', ...folder, '--methods', 'yasakaa'], { cwd: dir });
    expect(unknown.exitCode).toBe(2);
    expect(unknown.stderr).toContain('Did you mean yasaka?');
  });
});
