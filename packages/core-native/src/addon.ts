import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLibtorch, type LibtorchLocation, SetupError } from '@flc-native/core-native/setup';
import { FlcError } from '@flc-native/errors';

type Addon = typeof import('../native/index.cjs');

const packageRoot = dirname(dirname(fileURLToPath(import.meta.url)));
let loaded: Addon | undefined;

/**
 * The native addon, loaded at the first call and not before: `--help` needs no libtorch.
 * @throws FlcError INTERNAL if libtorch or the addon is missing; the remedy says how to get it.
 */
export function addon(): Addon {
  loaded ??= load();
  return loaded;
}

/** Path of our CUDA object, where it was built. */
export function cudaObject(): { readonly cudaObject?: string } {
  const path = join(packageRoot, 'native', 'libflc_torch_cuda.so');
  return existsSync(path) ? { cudaObject: path } : {};
}

function load(): Addon {
  // A checkout keeps its choice in .libtorch; an installed package finds the one in the user's cache.
  const location = find(join(packageRoot, '..', '..'));
  if (location === undefined) {
    throw new FlcError('INTERNAL', 'libtorch 2.11.0 was not found', {
      remedy: 'Run `npx flc-native setup`, or set LIBTORCH to a torch 2.11.0.',
    });
  }
  waitBriefly();
  for (const library of ['libc10.so', 'libtorch_cpu.so']) {
    preload(join(location.torchDir, 'lib', library));
  }
  const require = createRequire(import.meta.url);
  try {
    return require('../native/index.cjs') as Addon;
  } catch (cause) {
    throw new FlcError('INTERNAL', `the addon does not load: ${firstLine(cause)}`, {
      remedy: 'Build it with `npm run build`; `flc-native doctor` says more.',
      cause,
    });
  }
}

/**
 * Threads that wait for each other look ten thousand times, a fraction of a millisecond, then sleep. OpenMP's default is to look thirty
 * times as often, and on a machine that does anything else beside, the looking thread holds the very core that the other one needs. Not to look
 * at all makes a bfloat16 step about a tenth longer (docs/results/cpu-training-step.md). Read when libgomp is loaded.
 */
function waitBriefly(): void {
  const { OMP_WAIT_POLICY, GOMP_SPINCOUNT } = process.env;
  if (OMP_WAIT_POLICY === undefined && GOMP_SPINCOUNT === undefined) {
    process.env.GOMP_SPINCOUNT = '10000';
  }
}

/** The set-up code has no dependency and so an error class of its own, with the fields of ours. */
function find(checkout: string): LibtorchLocation | undefined {
  try {
    return findLibtorch({ checkout });
  } catch (cause) {
    if (!(cause instanceof SetupError)) throw cause;
    const { code, message, details, remedy } = cause;
    throw new FlcError(code, message, { details, cause, ...(remedy !== undefined && { remedy }) });
  }
}

/**
 * Maps a library so that the addon, which has no run path, finds it by its name. `process.dlopen` is the only way that Node
 * offers; it complains that the library is no addon, after having mapped it.
 */
function preload(file: string): void {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW | constants.dlopen.RTLD_GLOBAL);
  } catch (cause) {
    if (firstLine(cause).includes('Module did not self-register')) return;
    throw new FlcError('INTERNAL', `libtorch does not load: ${firstLine(cause)}`, {
      details: { file },
      remedy: 'Run `npx flc-native doctor`; `npx flc-native setup` makes a fresh copy.',
      cause,
    });
  }
}

function firstLine(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split('\n', 1)[0] ?? '';
}
