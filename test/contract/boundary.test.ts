import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultTrainConfig, resolveTrainConfig, runtimeReport } from '@flc-native/core-native';
import { FlcError } from '@flc-native/errors';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

describe('failures at the boundary', () => {
  // The loader has put libtorch in place by then.
  const native = () => {
    runtimeReport();
    return require(join(root, 'packages/core-native/native/index.cjs'));
  };

  it('makes a Rust panic a failure with a code', () => {
    const failure = native().provokeFailure('panic');
    expect(failure).toMatchObject({ code: 'INTERNAL' });
    expect(failure.message).toContain('panicked');
  });

  it('makes a C++ exception a failure with a code, without its trace', () => {
    const failure = native().provokeFailure('exception');
    expect(failure).toMatchObject({ code: 'INTERNAL' });
    expect(failure.message).toContain("shape '[4, 4]' is invalid for input of size 6");
    expect(failure.message).not.toContain('\n');
  });

  it('refuses an unknown key with those that are known', () => {
    const refused = catchError(() => resolveTrainConfig({ lamda: 0.1 } as never));
    expect(refused).toBeInstanceOf(FlcError);
    expect(refused).toMatchObject({ code: 'INVALID_CONFIG', details: { key: 'lamda' } });
    expect(refused.remedy).toContain('lambda');
  });
});

it('has the defaults of the paper', () => {
  expect(defaultTrainConfig()).toMatchObject({
    network: {
      phases: 3,
      classes: 4,
      depth: 3,
      widths: [16, 32, 64],
      hiddenSize: 64,
      patchSize: 7,
    },
    lossWeights: { last: 0.5, local: 0.25, global: 0.25 },
    lambda: 0.1,
    alpha: 0.2,
    intraReduction: 'sum',
    learningRate: 0.01,
    momentum: 0.9,
    batchSize: 100,
  });
});

describe('libtorch at run time', () => {
  it('refuses a torch of another version by name, and the process survives', () => {
    const fake = join(mkdtempSync(join(tmpdir(), 'flc-torch-')), 'torch');
    mkdirSync(join(fake, 'lib'), { recursive: true });
    writeFileSync(join(fake, 'version.py'), "__version__ = '2.10.0+cpu'\n");
    const script = `
      const { runtimeReport } = await import('@flc-native/core-native');
      try { runtimeReport(); } catch (error) { console.log(error.code, error.message); }
      console.log('alive');`;
    const env = { ...process.env, LIBTORCH: fake };
    const args = ['--input-type=module', '--eval', script];
    const output = execFileSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    expect(output).toMatch(/^INVALID_CONFIG .*2\.10\.0/);
    expect(output).toContain('alive');
  });

  it('loads the CUDA libraries and our CUDA object on a host without a GPU', (context) => {
    const script = `
      const { runtimeReport } = await import('@flc-native/core-native');
      console.log(JSON.stringify(runtimeReport({ loadCuda: true }).cuda));`;
    const args = ['--input-type=module', '--eval', script];
    const cuda = JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8' }));
    if (process.env.FLC_CUDA !== '1' && !cuda.loaded) {
      context.skip(`libtorch here is without CUDA (${cuda.reason}); FLC_CUDA=1 fetches it`);
    }
    expect(cuda).toMatchObject({ loaded: true, hasCudart: true, object: { loaded: true } });
    expect(cuda.object.nccl).toMatch(/^2\./);
    if (!cuda.driver) expect(cuda).toMatchObject({ devices: 0, gpus: [] });
  });
});

function catchError(body: () => unknown): FlcError {
  try {
    body();
  } catch (error) {
    return error as FlcError;
  }
  throw new Error('nothing was thrown');
}
