import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from './run-cli.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-cli-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe('bad usage ends with 2 and a suggestion', () => {
  it.each([
    [['trian'], "unknown command 'trian'", 'Did you mean train?'],
    [['train', '--max-step', '3'], "unknown option '--max-step'", 'Did you mean --max-steps?'],
    [['split', '--prepared', 'p', 'more'], 'too many arguments', ''],
    [['train', '--run', 'r'], '--prepared is missing', 'key prepared'],
    [
      ['phantom', '--out', 'p', '--lesions', '3.5'],
      '--lesions must be a whole number, 4 or more, not 3.5',
      '',
    ],
    [
      ['phantom', '--out', 'p', '--lesions', 'many'],
      '--lesions must be a whole number, 4 or more, not "many"',
      '',
    ],
    [
      ['prepare', '--dataset', 'd', '--out', 'p', '--align', 'centre'],
      'one of none, centroid, rigid, affine, bspline, not "centre"',
      '',
    ],
    [
      ['prepare', '--dataset', 'd', '--out', 'p', '--slices', 'few'],
      'must be largest, all or a whole number from 2',
      '',
    ],
    [['predict', '--model', 'm', '--phase', 'NC'], '--phase must be <name=file>', ''],
    [['predict', '--model', 'm'], 'Give --phase and --mask, or --dataset', ''],
    [
      ['predict', '--model', 'm', '--mask', 'm.nii', '--dataset', 'd'],
      'Give --phase and --mask',
      '',
    ],
    [
      ['split', '--prepared', 'p', '--folds', '3', '--partitions', '2'],
      'Only one of partitions, folds',
      '',
    ],
  ])('%j', async (args, message, remedy) => {
    const { exitCode, stdout, stderr } = await runCli(args, { cwd: dir });
    expect(stderr).toContain(message);
    expect(stderr).toContain(remedy);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});

describe('--json', () => {
  it('prints an error as one JSON value on stdout', async () => {
    const { exitCode, stdout } = await runCli(['train', '--json', '--max-steps', '0']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'INVALID_CONFIG',
        message: expect.stringContaining('is missing'),
        details: { key: expect.any(String) },
        remedy: expect.any(String),
      },
    });
  });

  it('also when the flags themselves are wrong', async () => {
    const { exitCode, stdout } = await runCli(['check', '--datset', 'x', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'INVALID_CONFIG',
      remedy: 'Did you mean --dataset?',
    });
  });

  it('keeps paths out of stdout and logs, and shows them if asked for', async () => {
    const file = join(dir, 'Meier_Hans', 'dataset.yaml');
    const { exitCode, stdout, stderr } = await runCli(['check', '--dataset', file, '--json']);
    expect(exitCode).toBe(1);
    expect(stdout + stderr).not.toContain('Meier');
    const { stderr: asked } = await runCli(['check', '--dataset', file, '--verbose']);
    expect(asked).toContain(file);
    expect(stdout).not.toContain('Meier');
    expect(JSON.parse(stdout).error.details.file).toMatch(/^file:[0-9a-f]{12}$/);
  });
});

describe('configuration file', () => {
  const run = async (content: string, ...flags: string[]) => {
    const file = join(dir, 'config.yaml');
    await writeFile(file, content);
    return await runCli(['phantom', '--config', file, ...flags], { cwd: dir });
  };

  it('refuses an unknown key with a suggestion', async () => {
    const { exitCode, stderr } = await run('lesion: 8\n');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Unknown key lesion');
    expect(stderr).toContain('Did you mean lesions?');
  });

  it('refuses a value of the wrong type', async () => {
    const { exitCode, stderr } = await run('out: p\nlesions: "8"\n');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('lesions must be a whole number, 4 or more, not "8"');
  });

  it.each([
    ['- a list\n', 'must hold a mapping'],
    ['a: [\n', 'no valid YAML'],
  ])('refuses %j', async (content, message) => {
    const { exitCode, stderr } = await run(content);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
  });

  it('gives way to flags', async () => {
    // The flag's value is the wrong one, so it is the flag that is named.
    const { stderr } = await run('out: p\nlesions: 8\n', '--lesions', '1');
    expect(stderr).toContain('--lesions must be a whole number, 4 or more, not 1');
  });

  it('that is absent is an error with its path', async () => {
    const words = ['phantom', '--config', join(dir, 'none.yaml')];
    const { exitCode, stderr } = await runCli([...words, '--verbose']);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('file cannot be read');
    expect(stderr).toContain(`file: ${words[2]}`);
    expect((await runCli(words)).stderr).not.toContain('none.yaml');
  });
});

describe('--verbose and FLC_DEBUG', () => {
  it('show the stack', async () => {
    const verbose = await runCli(['split', '--prepared', 'none', '--verbose'], { cwd: dir });
    expect(verbose.stderr).toContain('    at ');
    const debug = await runCli(['split', '--prepared', 'none'], {
      cwd: dir,
      env: { FLC_DEBUG: '1' },
    });
    expect(debug.stderr).toContain('    at ');
    const plain = await runCli(['split', '--prepared', 'none'], { cwd: dir });
    expect(plain.stderr).not.toContain('    at ');
    expect(plain.exitCode).toBe(1);
  });
});
