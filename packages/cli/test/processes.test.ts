import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type EvaluationResult, readEvaluation } from '@flc-native/classifier';
import { writeSplits } from '@flc-native/pipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSquareCohort } from '../../classifier/test/square-cohort.js';
import { bin, type CliOptions, runCli } from './run-cli.js';

let dir: string;
let common: string[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'flc-processes-'));
  const { partition } = await writeSquareCohort(dir);
  const splits = join(dir, 'splits.json');
  await writeSplits(splits, { format: 'flc-splits', version: 1, seed: 1, partitions: [partition] });
  common = [
    ...['train', '--prepared', join(dir, 'prepared'), '--splits', splits],
    ...['--depth', '1', '--widths', '4,6,8', '--hidden-size', '8', '--patch-input', '16'],
    ...['--roi-input', '16', '--lambda', '0', '--learning-rate', '0.05', '--batch-size', '16'],
    ...['--rois-per-batch', '4', '--evaluate-every', '10', '--evaluate-patches-per-lesion', '4'],
    ...[
      '--label-map-pace',
      '5',
      '--seed',
      '1',
      '--checkpoint-every',
      '2',
      '--process-timeout',
      '60',
    ],
  ];
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const runDir = (name: string) => join(dir, name);
const train = (name: string, ...more: string[]) => [...common, '--run', runDir(name), ...more];

async function events(name: string) {
  const log = await readFile(join(runDir(name), 'events.jsonl'), 'utf8');
  return log
    .trim()
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { type: string; step: number } & Record<string, unknown>);
}

describe('train --processes', () => {
  it('trains in two processes and prints the result of rank 0 alone', async () => {
    const { exitCode, stdout, stderr } = await runCli(
      train('two', '--processes', '2', '--max-steps', '30', '--json'),
    );
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ steps: 30, reason: 'maxSteps' });
    const [start] = await events('two');
    expect(start).toMatchObject({ type: 'start', processes: 2, config: { device: 'cpu' } });
    expect(existsSync(join(runDir('two'), 'model', 'svm.json'))).toBe(true);
  });

  it('makes the label maps together, the same as one process does', async () => {
    const features = join(runDir('two'), 'features.jsonl');
    const together = await readFile(features, 'utf8');
    expect((await readdir(runDir('two'))).filter((name) => name.startsWith('features'))).toEqual([
      'features.jsonl',
    ]);
    await rm(features);
    const again = await runCli(train('two', '--resume', '--force', '--max-steps', '30'));
    expect(again.exitCode, again.stderr).toBe(0);
    const lines = (text: string) => text.split('\n').filter((line) => line !== '');
    expect(lines(await readFile(features, 'utf8'))).toEqual(lines(together));
  });

  it('leaves a checkpoint when it is interrupted', async () => {
    const stopped = await runCli(
      train('stopped', '--processes', '2', '--max-steps', '100000'),
      interruptedWhenTraining(),
    );
    expect(stopped.exitCode, stopped.stderr).toBe(130);
    expect(stopped.stderr).toMatch(/Go on with: .* --processes 2/);
    expect((await events('stopped')).at(-1)).toMatchObject({ type: 'end', reason: 'cancelled' });
    expect(existsSync(join(runDir('stopped'), 'checkpoint', 'state.safetensors'))).toBe(true);
  });

  it('says which devices there are where GPUs are asked for', async () => {
    const { exitCode, stderr } = await runCli(train('gpus', '--gpus', '63'));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('CUDA_UNAVAILABLE: 63 GPUs were asked for; the devices here are cpu');
  });
});

describe('evaluate --processes', () => {
  const evaluate = (out: string, ...more: (string | CliOptions)[]) =>
    evaluateRun('two', out, ...more);
  const evaluateRun = (run: string, out: string, ...more: (string | CliOptions)[]) =>
    runCli(
      [
        ...['evaluate', '--prepared', join(dir, 'prepared'), '--splits', join(dir, 'splits.json')],
        ...['--run', runDir(run), '--out', join(dir, out)],
        ...more.filter((one) => typeof one === 'string'),
      ],
      more.find((one) => typeof one !== 'string'),
    );

  it('finds what one process finds, in its order', async () => {
    const alone = await evaluate('alone', '--device', 'cpu');
    expect(alone.exitCode, alone.stderr).toBe(0);
    // Eight lesions: the shares differ by one.
    const shared = await evaluate('shared', '--processes', '3');
    expect(shared.exitCode, shared.stderr).toBe(0);
    const [one, three] = await Promise.all(
      ['alone', 'shared'].map((out) => readEvaluation(join(dir, out, 'evaluation.json'))),
    );
    expect(three?.labelMaps).toEqual(one?.labelMaps);
    expect(withoutOutputs(three)).toEqual(withoutOutputs(one));
    for (const [i, { meanProbabilities }] of (one?.predictions ?? []).entries())
      for (const [k, mean] of meanProbabilities.entries())
        expect(three?.predictions[i]?.meanProbabilities[k]).toBeCloseTo(mean, 5);
  });

  it('leaves what is not the test part by lesions in a folder of its own', async () => {
    const { exitCode, stdout, stderr } = await runCli([
      ...['evaluate', '--prepared', join(dir, 'prepared'), '--splits', join(dir, 'splits.json')],
      ...['--run', runDir('two'), '--part', 'val', '--unit', 'slice', '--device', 'cpu'],
    ]);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain(`--run ${runDir('two')} --evaluation evaluation-val-slice`);
    const folder = join(runDir('two'), 'evaluation-val-slice');
    expect((await readEvaluation(join(folder, 'evaluation.json'))).unit).toBe('slice');
    expect(existsSync(join(runDir('two'), 'evaluation'))).toBe(false);
  });

  it('says what went wrong in a process', async () => {
    const { exitCode, stderr } = await evaluateRun('untrained', 'none', '--processes', '2');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('IO_ERROR: There is no finished model');
    const both = await evaluate('none', '--processes', '2', '--gpus', '2');
    expect(both.stderr).toContain('INVALID_CONFIG: Give --processes or --gpus, not both.');
    const env = {
      SLURM_PROCID: '0',
      SLURM_NTASKS: '2',
      SLURM_LOCALID: '0',
      MASTER_ADDR: 'x',
      MASTER_PORT: '1',
    };
    const launched = await evaluate('none', { env });
    expect(launched.exitCode).toBe(2);
    expect(launched.stderr).toContain('Start it once, with --gpus or --processes');
    expect(existsSync(join(dir, 'none'))).toBe(false);
  });
});

/** What a batch's size does not touch. */
function withoutOutputs(result: EvaluationResult | undefined) {
  return result?.predictions.map(({ meanProbabilities: _, ...rest }) => rest);
}

describe('train under torchrun', () => {
  /** The process that torchrun would start. */
  function startRank(rank: number, port: number, args: string[], machines = 1) {
    const local = machines === 1 ? [String(rank), '2'] : ['0', '1'];
    const env = {
      ...process.env,
      ...{ RANK: String(rank), LOCAL_RANK: local[0], WORLD_SIZE: '2', LOCAL_WORLD_SIZE: local[1] },
      ...{ MASTER_ADDR: '127.0.0.1', MASTER_PORT: String(port) },
    };
    const child = spawn(process.execPath, [bin, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return { child, ended: ended(child) };
  }

  // Rank 0 does the lesions of a process that gives no sign for 60 s: then this is too late.
  it.each([
    ['see one folder, which then share the label maps', ['near', 'near']],
    ['see folders of their own, where rank 0 makes them alone', ['far', 'far-too']],
  ])('trains on two machines that %s', { timeout: 60_000 }, async (_what, runs) => {
    const port = await freePort();
    const ranks = runs.map((run, rank) =>
      startRank(rank, port, train(run, '--max-steps', '10', '--json'), 2),
    );
    const [first, second] = await Promise.all(ranks.map((rank) => rank.ended));
    expect([first?.exitCode, second?.exitCode], `${first?.stderr}${second?.stderr}`).toEqual([
      0, 0,
    ]);
    expect(JSON.parse(first?.stdout ?? '')).toMatchObject({ steps: 10, lesions: { train: 8 } });
    expect(second?.stdout).toBe('');
    const names = await readdir(runDir(runs[0] ?? ''));
    expect(names.filter((name) => /^(features|team)/.test(name))).toEqual(['features.jsonl']);
    expect(existsSync(runDir('far-too'))).toBe(false);
  });

  it('ends with the name of a rank that was killed, and goes on from the checkpoint', async () => {
    const port = await freePort();
    const args = train('killed', '--max-steps', '100000');
    const [first, second] = [startRank(0, port, args), startRank(1, port, args)];
    const last = await checkpointOf('killed');
    second.child.kill('SIGKILL');
    const { exitCode, stdout, stderr } = await first.ended;
    expect(exitCode, stderr).toBe(1);
    expect(stderr).toContain('INTERNAL: rank 1 ended or no longer answers');
    expect(stderr).toContain('Resume the run');
    expect(stdout).toBe('');
    const resumed = await runCli(
      train('killed', '--resume', '--max-steps', '100000'),
      interruptedWhenTraining(),
    );
    expect(resumed.exitCode, resumed.stderr).toBe(130);
    expect(resumed.stderr).toContain('resumed by 1 instead of 2 processes');
    expect((await events('killed')).at(-1)?.step).toBeGreaterThan(last);
  });

  it('refuses an environment that is set in part', async () => {
    const { exitCode, stderr } = await runCli(train('half'), { env: { RANK: '0' } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('INVALID_CONFIG: WORLD_SIZE');
    expect(existsSync(runDir('half'))).toBe(false);
  });
});

/** Ctrl-C, once, as soon as the bar of the training is there. */
function interruptedWhenTraining(): CliOptions {
  let sent = false;
  return {
    onStderr(text, kill) {
      if (sent || !text.includes('train: ')) return;
      sent = true;
      kill('SIGINT');
    },
  };
}

/** Step of the first checkpoint that the run writes. */
async function checkpointOf(name: string): Promise<number> {
  for (;;) {
    const log = existsSync(join(runDir(name), 'events.jsonl')) ? await events(name) : [];
    const checkpoint = log.find(({ type }) => type === 'checkpoint');
    if (checkpoint !== undefined) return checkpoint.step;
    await setTimeout(20);
  }
}

function ended(child: ChildProcess) {
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString();
  });
  return new Promise<{ exitCode: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? (address?.port ?? 0) : 0));
    });
  });
}
