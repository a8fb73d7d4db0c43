import { existsSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';
import { join } from 'node:path';
import type { RuntimeReport } from '@flc-native/core-native';
import {
  describePlatform,
  findLibtorch,
  type LibtorchLocation,
  type PlatformFacts,
  platformProblems,
  torchVersion,
} from '@flc-native/core-native/setup';
import { toFlcError } from '@flc-native/errors';
import { cudaFindings } from './cuda-findings.js';

/** One thing that was found. */
export interface Fact {
  readonly name: string;
  readonly value: unknown;
  readonly text: string;
}

/** One thing that is wrong. A warning leaves the network usable. */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly remedy: string;
}

export interface Diagnosis {
  readonly facts: readonly Fact[];
  readonly findings: readonly Finding[];
  /** Whether the network runs on the CPU. */
  readonly usable: boolean;
}

/** Looks at everything that the network needs. Never throws; takes well under two seconds. */
export async function diagnose(): Promise<Diagnosis> {
  const platform = describePlatform();
  const libtorch = locateLibtorch();
  const runtime = await loadRuntime();
  const findings = [
    ...platformFindings(platform),
    ...libtorch.findings,
    ...runtime.findings,
    ...(runtime.report === undefined
      ? []
      : cudaFindings(runtime.report, libtorch.found?.cuda === true)),
  ];
  return {
    facts: [
      ...platformFacts(platform),
      libtorchFact(libtorch.found),
      ...runtimeFacts(platform, runtime.report, libtorch.found),
    ],
    findings,
    usable: runtime.report !== undefined,
  };
}

type Gpu = RuntimeReport['cuda']['gpus'][number];

function platformFacts(platform: PlatformFacts): Fact[] {
  const { glibc, nvidia } = platform;
  return [
    fact('node', process.versions.node),
    fact('platform', `${platform.platform} ${platform.arch}`),
    fact('glibc', glibc ?? null, glibc ?? 'not found'),
    fact('cores', availableParallelism()),
    fact(
      'memory',
      { totalBytes: platform.memoryBytes, freeBytes: freemem() },
      `${gigabytes(platform.memoryBytes)}, ${gigabytes(freemem())} free`,
    ),
    fact(
      'cache disk',
      { freeBytes: platform.freeBytes },
      `${gigabytes(platform.freeBytes)} free in ${platform.cacheDir}`,
    ),
    fact('NVIDIA driver', nvidia?.driver ?? null, nvidia?.driver ?? 'none'),
  ];
}

function libtorchFact(found: LibtorchLocation | undefined): Fact {
  if (found === undefined) return fact('libtorch', null, 'not found');
  const { version, source, cuda, torchDir } = found;
  const kind = cuda ? 'with the GPU libraries' : 'CPU only';
  return fact(
    'libtorch',
    { version, source, cuda },
    `${version}, ${kind}, ${torchDir} (${source})`,
  );
}

function runtimeFacts(
  { nvidia }: PlatformFacts,
  report: RuntimeReport | undefined,
  found: LibtorchLocation | undefined,
): Fact[] {
  if (report === undefined) return [fact('addon', null, 'cannot be loaded')];
  const { cpu, cuda } = report;
  const capabilities = nvidia?.computeCapabilities ?? [];
  const gpus = `${cuda.devices} devices${capabilities.length > 0 ? ` (compute capability ${capabilities.join(', ')})` : ''}`;
  const nccl =
    found !== undefined && existsSync(join(found.siteDir, 'nvidia/nccl/lib/libnccl.so.2'));
  return [
    fact('addon', 'loaded'),
    fact('bf16 on the CPU', cpu.bf16, cpu.bf16 ? 'in hardware' : 'slow: the CPU has none'),
    fact(
      'CUDA',
      { loaded: cuda.loaded, hasCudart: cuda.hasCudart, devices: cuda.devices },
      cuda.loaded ? `loaded, has_cudart ${cuda.hasCudart}, ${gpus}` : 'not loaded',
    ),
    fact('NCCL', nccl, nccl ? 'found' : 'not found'),
    ...cuda.gpus.map((gpu, index) => fact(`cuda:${index}`, gpu, gpuText(gpu))),
  ];
}

function gpuText({ name, capability, totalBytes, freeBytes, problem }: Gpu): string {
  if (name === undefined) return problem ?? 'our own CUDA part is missing';
  const gib = (bytes = 0) => (bytes / 2 ** 30).toFixed(1);
  return `${name}, compute capability ${capability}, ${gib(freeBytes)} of ${gib(totalBytes)} GiB free`;
}

function platformFindings(platform: PlatformFacts): Finding[] {
  const cuda = platform.nvidia !== undefined;
  return platformProblems(platform, { cuda, pip: false, bytes: 0 }).map(
    ({ code, message, remedy }) => ({
      severity: code === 'CUDA_UNAVAILABLE' ? 'warning' : 'error',
      message,
      remedy,
    }),
  );
}

function locateLibtorch() {
  try {
    const found = findLibtorch({ checkout: checkoutRoot() });
    if (found !== undefined) return { found, findings: [] };
    return {
      found,
      findings: [
        {
          severity: 'error' as const,
          message: `libtorch ${torchVersion} was not found`,
          remedy: 'flc-native setup',
        },
      ],
    };
  } catch (thrown) {
    return { found: undefined, findings: [findingOf(thrown)] };
  }
}

async function loadRuntime() {
  try {
    const { runtimeReport } = await import('@flc-native/core-native');
    return { report: runtimeReport(), findings: [] };
  } catch (thrown) {
    return { report: undefined, findings: [findingOf(thrown)] };
  }
}

function findingOf(thrown: unknown): Finding {
  const { message } = toFlcError(thrown);
  const remedy = (thrown as { remedy?: string }).remedy ?? 'flc-native setup';
  return { severity: 'error', message, remedy };
}

/** The root of a source checkout that this program runs from, if it does. */
function checkoutRoot(): string | undefined {
  const root = join(import.meta.dirname, '..', '..', '..');
  return existsSync(join(root, 'turbo.json')) ? root : undefined;
}

function fact(name: string, value: unknown, text: string = String(value)): Fact {
  return { name, value, text };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
