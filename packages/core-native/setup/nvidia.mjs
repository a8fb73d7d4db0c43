import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions } from './compare-versions.mjs';
import { outputLines } from './output-lines.mjs';
import { problem } from './platform-problem.mjs';

/** @typedef {import('./index.d.mts').Environment} Environment */
/** @typedef {import('./index.d.mts').PlatformFacts} PlatformFacts */
/** @typedef {import('./index.d.mts').PlatformProblem} PlatformProblem */

/** First driver branch of CUDA 13. */
const minimalDriver = '580';
/** Oldest compute capability that the wheel holds code for (it has 7.5, 8.0, 8.6, 9.0, 10.0, 12.0). */
const minimalComputeCapability = '7.5';

/** @param {Environment} env */
export function findNvidia(env) {
  const rows = outputLines(
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
 * @param {PlatformFacts['nvidia']} nvidia
 * @returns {PlatformProblem[]}
 */
export function cudaProblems(nvidia) {
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
