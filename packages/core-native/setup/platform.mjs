import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheDir } from './cache-dir.mjs';

/** @typedef {import('./index.d.mts').Environment} Environment */
/** @typedef {import('./index.d.mts').PlatformFacts} PlatformFacts */
/** @typedef {import('./index.d.mts').PlatformProblem} PlatformProblem */

/** The addon is built on Debian 12 and uses symbols of this version. */
const minimalGlibc = '2.34';
/** First driver branch of CUDA 13. */
const minimalDriver = '580';
/** Oldest compute capability that the wheel holds code for (it has 7.5, 8.0, 8.6, 9.0, 10.0, 12.0). */
const minimalComputeCapability = '7.5';

/**
 * @param {Environment} [env]
 * @returns {PlatformFacts}
 */
export function describePlatform(env = process.env) {
  const cache = cacheDir(env);
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: glibcVersion(),
    node: process.versions.node,
    python: findPython(env),
    nvidia: findNvidia(env),
    memoryBytes: totalmem(),
    cacheDir: cache,
    freeBytes: freeBytes(cache),
  };
}

/**
 * @param {PlatformFacts} facts
 * @param {{ cuda: boolean, pip: boolean, bytes: number }} need
 * @returns {PlatformProblem[]}
 */
export function platformProblems(facts, need) {
  if (facts.platform !== 'linux' || facts.arch !== 'x64') {
    return [
      problem(
        'INVALID_CONFIG',
        `flc-native runs on Linux x86-64 only; this is ${facts.platform} ${facts.arch}`,
        'use a Linux x86-64 machine, or a virtual one (WSL 2 on Windows)',
      ),
    ];
  }
  const problems = [];
  if (facts.glibc === undefined || compareVersions(facts.glibc, minimalGlibc) < 0) {
    problems.push(
      problem(
        'INVALID_CONFIG',
        `glibc ${minimalGlibc} or newer is needed; this system has ${facts.glibc ?? 'another C library'}`,
        'use Debian 12, Ubuntu 22.04, RHEL 9 or newer',
      ),
    );
  }
  if (facts.python === undefined) {
    problems.push(
      problem(
        'INVALID_CONFIG',
        'python3 was not found',
        'sudo apt-get install -y python3 python3-pip',
      ),
    );
  } else if (need.pip && facts.python.pip === undefined) {
    problems.push(
      problem('INVALID_CONFIG', 'python3 has no pip', 'sudo apt-get install -y python3-pip'),
    );
  }
  if (facts.freeBytes < need.bytes) {
    problems.push(
      problem(
        'IO_ERROR',
        `${gigabytes(need.bytes)} are needed in ${facts.cacheDir}, ${gigabytes(facts.freeBytes)} are free`,
        'free some space, or let FLC_HOME name a folder on a larger disk',
      ),
    );
  }
  if (need.cuda) problems.push(...cudaProblems(facts.nvidia));
  return problems;
}

/**
 * @param {PlatformFacts['nvidia']} nvidia
 * @returns {PlatformProblem[]}
 */
function cudaProblems(nvidia) {
  const problems = [];
  const oldest = nvidia?.computeCapabilities.toSorted(compareVersions)[0];
  if (nvidia?.driver !== undefined && compareVersions(nvidia.driver, minimalDriver) < 0) {
    problems.push(
      problem(
        'CUDA_UNAVAILABLE',
        `CUDA 13 needs an NVIDIA driver of ${minimalDriver} or newer; this one is ${nvidia.driver}`,
        'update the driver, or go on without the GPU: FLC_CUDA=0',
      ),
    );
  }
  if (oldest !== undefined && compareVersions(oldest, minimalComputeCapability) < 0) {
    problems.push(
      problem(
        'CUDA_UNAVAILABLE',
        `torch has no code for a GPU of compute capability ${oldest} (${minimalComputeCapability} or newer)`,
        'go on without the GPU: FLC_CUDA=0',
      ),
    );
  }
  return problems;
}

/**
 * @param {Environment} env
 * @param {PlatformFacts} facts
 */
export function wantsCuda(env, facts) {
  if (env.FLC_CUDA === '1') return true;
  if (env.FLC_CUDA === '0') return false;
  return facts.nvidia !== undefined && cudaProblems(facts.nvidia).length === 0;
}

/**
 * Numeric comparison of dotted versions; missing parts count as 0.
 *
 * @param {string} left
 * @param {string} right
 */
export function compareVersions(left, right) {
  const a = left.split('.').map(Number);
  const b = right.split('.').map(Number);
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @returns {string | undefined} */
function glibcVersion() {
  const report = /** @type {{ header?: { glibcVersionRuntime?: string } }} */ (
    process.report?.getReport() ?? {}
  );
  return report.header?.glibcVersionRuntime;
}

/** @param {Environment} env */
function findPython(env) {
  const code =
    "import sys, importlib.util as u\nprint(sys.version.split()[0])\nprint('pip' if u.find_spec('pip') else '')";
  const [version, pip] = output('python3', ['-c', code], env);
  if (version === undefined) return undefined;
  return { version, pip: pip === 'pip' ? pip : undefined };
}

/** @param {Environment} env */
function findNvidia(env) {
  const rows = output(
    'nvidia-smi',
    ['--query-gpu=driver_version,compute_cap', '--format=csv,noheader'],
    env,
  );
  const fields = rows.map((row) => row.split(',').map((field) => field.trim()));
  const computeCapabilities = fields.flatMap(([, capability]) =>
    capability !== undefined && /^\d+\.\d+$/.test(capability) ? [capability] : [],
  );
  const driver = kernelDriverVersion() ?? fields[0]?.[0]?.match(/^\d[\d.]*$/)?.[0];
  if (driver === undefined && computeCapabilities.length === 0 && !hasCudaDriverLibrary(env)) {
    return undefined;
  }
  return { driver, computeCapabilities };
}

/** "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  ..." */
function kernelDriverVersion() {
  try {
    return readFileSync('/proc/driver/nvidia/version', 'utf8').match(/\s(\d{3,}\.[\d.]+)\s/)?.[1];
  } catch {
    return undefined;
  }
}

/** @param {Environment} env */
function hasCudaDriverLibrary(env) {
  const places = [
    '/usr/lib/x86_64-linux-gnu',
    '/usr/lib64',
    '/usr/lib/wsl/lib',
    ...(env.LD_LIBRARY_PATH ?? '').split(':').filter((place) => place !== ''),
  ];
  return places.some((place) => existsSync(join(place, 'libcuda.so.1')));
}

/**
 * Lines that a command prints, none if it is missing or fails.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {Environment} env
 */
function output(command, args, env) {
  // cwd: python3 -c would import a module that lies in the current folder.
  const run = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...env },
    cwd: '/',
    timeout: 20_000,
  });
  return run.status === 0 ? run.stdout.trimEnd().split('\n') : [];
}

/**
 * Bytes free for this user on the disk of a folder that need not exist yet.
 *
 * @param {string} folder
 * @returns {number}
 */
function freeBytes(folder) {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    const parent = dirname(folder);
    return parent === folder ? 0 : freeBytes(parent);
  }
}

/** @param {number} bytes */
function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * @param {PlatformProblem['code']} code
 * @param {string} message
 * @param {string} remedy
 * @returns {PlatformProblem}
 */
function problem(code, message, remedy) {
  return { code, message, remedy };
}
