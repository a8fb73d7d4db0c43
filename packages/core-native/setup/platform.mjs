import { statfsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { dirname } from 'node:path';
import { cacheDir } from './cache-dir.mjs';
import { compareVersions } from './compare-versions.mjs';
import { cudaProblems, findNvidia } from './nvidia.mjs';
import { outputLines } from './output-lines.mjs';
import { problem } from './platform-problem.mjs';

/** @typedef {import('./index.d.mts').Environment} Environment */
/** @typedef {import('./index.d.mts').PlatformFacts} PlatformFacts */
/** @typedef {import('./index.d.mts').PlatformProblem} PlatformProblem */

/** The addon is built on Debian 12 and uses symbols of this version. */
const minimalGlibc = '2.34';

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
 * @param {Environment} env
 * @param {PlatformFacts} facts
 */
export function wantsCuda(env, facts) {
  if (env.FLC_CUDA === '1') return true;
  if (env.FLC_CUDA === '0') return false;
  return facts.nvidia !== undefined && cudaProblems(facts.nvidia).length === 0;
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
  const [version, pip] = outputLines('python3', ['-c', code], env);
  if (version === undefined) return undefined;
  return { version, pip: pip === 'pip' ? pip : undefined };
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
