import { totalmem } from 'node:os';
import { addon } from './addon.js';
import { unwrap } from './native-error.js';

export interface Device {
  /** As the configuration key `device` takes it. */
  readonly name: string;
  readonly kind: 'cpu' | 'cuda';
  /** Main memory for the CPU; null where it is not known. */
  readonly memoryBytes: number | null;
}

/** What this process runs on. */
export interface RuntimeReport {
  /** Folder of the libtorch_cpu.so in use. */
  readonly libtorch: string;
  readonly cpu: { readonly cores: number; readonly bf16: boolean };
  readonly cuda: {
    readonly driver: boolean;
    readonly loaded: boolean;
    /** Why libtorch's CUDA library did not load. */
    readonly reason: string | null;
    readonly hasCudart: boolean;
    readonly devices: number;
  };
  readonly residentBytes: number;
  readonly peakResidentBytes: number;
  /** Freed tensor memory that is kept for reuse. */
  readonly cachedBytes: number;
}

/** With `loadCuda` libtorch's CUDA library is loaded even where no driver is present, to see whether it would. */
export function runtimeReport(options: { readonly loadCuda?: boolean } = {}): RuntimeReport {
  return unwrap(addon().runtimeReport(options.loadCuda ?? false)) as RuntimeReport;
}

/** The devices that a network can run on here. */
export function devices(): Device[] {
  const { cuda } = runtimeReport();
  const gpus = Array.from({ length: cuda.devices }, (_, index): Device => {
    return { name: `cuda:${index}`, kind: 'cuda', memoryBytes: null };
  });
  return [{ name: 'cpu', kind: 'cpu', memoryBytes: totalmem() }, ...gpus];
}
