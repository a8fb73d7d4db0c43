import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { commands } from '../src/commands/index.js';
import { flagName } from '../src/settings.js';
import { runCli } from './run-cli.js';

const names = [
  'setup',
  'doctor',
  'phantom',
  'import',
  'check',
  'register',
  'segment',
  'prepare',
  'split',
  'train',
  'evaluate',
  'predict',
  'report',
  'compare',
  'demo',
];

describe('help', () => {
  it('names every command', async () => {
    const { stdout, exitCode } = await runCli(['--help']);
    expect(exitCode).toBe(0);
    expect(commands.map(({ name }) => name)).toEqual(names);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout.replace(/\s+/g, ' ')).toContain('Research software, not a medical device.');
  });

  it.each(names)('%s shows its flags and examples', async (name) => {
    const { stdout, exitCode } = await runCli([name, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Examples:');
    expect(stdout).toContain(`$ flc-native ${name}`);
    const flags = Object.keys(commands.find((spec) => spec.name === name)?.options ?? {});
    for (const flag of [...flags.map(flagName), '--config', '--json'])
      expect(stdout).toContain(` ${flag}`);
  });

  it('prints the version of the package', async () => {
    for (const flag of ['--version', '-V']) {
      expect(await runCli([flag])).toMatchObject({ exitCode: 0, stdout: `${manifest.version}\n` });
    }
  });

  it('without arguments is bad usage', async () => {
    const { exitCode, stdout, stderr } = await runCli([]);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Usage: flc-native');
  });
});

describe('start-up', () => {
  // Time on a busy machine says little; what is loaded does not change with it.
  it.each([['--version'], ['--help'], ['train', '--help']])(
    '%s %s loads nothing heavy',
    async (...args) => {
      const dir = await mkdtemp(join(tmpdir(), 'flc-coverage-'));
      try {
        await runCli(
          args.filter((arg) => typeof arg === 'string'),
          { env: { NODE_V8_COVERAGE: dir } },
        );
        const scripts = await loadedScripts(dir);
        expect(scripts.length).toBeGreaterThan(0);
        const heavy =
          /(core-native|imaging|pipeline|svm|report)\/(dist|native)|node_modules\/(zod|yaml|@itk-wasm|cli-progress)/;
        expect(scripts.filter((url) => heavy.test(url))).toEqual([]);
      } finally {
        await rm(dir, { recursive: true });
      }
    },
  );
});

/** V8 lists every script of the process in its coverage file. */
async function loadedScripts(dir: string): Promise<string[]> {
  const urls: string[] = [];
  for (const file of await readdir(dir)) {
    const { result } = JSON.parse(await readFile(join(dir, file), 'utf8')) as {
      result: { url: string }[];
    };
    urls.push(...result.map(({ url }) => url));
  }
  return urls;
}
