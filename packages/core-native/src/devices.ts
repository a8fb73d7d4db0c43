import { totalmem } from 'node:os';
import { addon, cudaObject } from './addon.js';
import { unwrap } from './native-error.js';

export interface Device {
  /** As the configuration key `device` takes it. */
  readonly name: string;
  readonly kind: 'cpu' | 'cuda';
  /** Main memory for the CPU; null where it is not known. */
  readonly memoryBytes: number | null;
}

/** A GPU as the CUDA object reports it; `fallbacks` alone where that object is missing. */
export interface Gpu {
  readonly name?: string;
  /** Compute capability. */
  readonly capability?: string;
  readonly totalBytes?: number;
  readonly freeBytes?: number;
  readonly problem?: string;
  /** What libtorch does there in place of our own code, and why; also that the CUDA object is missing. */
  readonly fallbacks?: readonly string[];
}

/** What this process runs on. */
export interface RuntimeReport {
  /** Folder of the libtorch_cpu.so in use. */
  readonly libtorch: string;
  readonly cpu: { readonly cores: number; readonly bf16: boolean };
  readonly cuda: {
    readonly driver: boolean;
    /** libtorch's CUDA library is loaded. */
    readonly loaded: boolean;
    /** Why it did not load. */
    readonly reason: string | null;
    /** What to do about that. */
    readonly remedy: string | null;
    readonly hasCudart: boolean;
    readonly devices: number;
    readonly gpus: readonly Gpu[];
    /** Our own CUDA object, which knows memory and NCCL; a network runs without it. */
    readonly object: {
      readonly loaded: boolean;
      /** Why it is not, always then. */
      readonly reason: string | null;
      readonly nccl?: string;
    };
  };
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
  /** Freed tensor memory that is kept for reuse. */
  readonly cachedBytes: number;
}

/** With `loadCuda` libtorch's CUDA library is loaded even where no driver is present, to see whether it would. */
export function runtimeReport(options: { readonly loadCuda?: boolean } = {}): RuntimeReport {
  const { cudaObject: path } = cudaObject();
  return unwrap(addon().runtimeReport(options.loadCuda ?? false, path)) as RuntimeReport;
}

/** The devices that a network can run on here. */
export function devices(): Device[] {
  const { cuda } = runtimeReport();
  const gpus = cuda.gpus.map((gpu, index): Device => {
    return { name: `cuda:${index}`, kind: 'cuda', memoryBytes: gpu.totalBytes ?? null };
  });
  return [{ name: 'cpu', kind: 'cpu', memoryBytes: totalmem() }, ...gpus];
}
