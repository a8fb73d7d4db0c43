/**
 * Provides libtorch: finds the one torch 2.11.0 that the addon was built for, or fetches it into a per-user cache.
 * Plain Node without dependencies, because it runs before anything is installed.
 */

export type SetupErrorCode =
  | 'INVALID_CONFIG'
  | 'DATA_ERROR'
  | 'CUDA_UNAVAILABLE'
  | 'CANCELLED'
  | 'IO_ERROR'
  | 'INTERNAL';

/** The only error these functions throw; the fields are those of FlcError. */
export declare class SetupError extends Error {
  constructor(
    code: SetupErrorCode,
    message: string,
    options?: {
      readonly remedy?: string | undefined;
      readonly details?: Record<string, unknown>;
      readonly cause?: unknown;
    },
  );
  readonly code: SetupErrorCode;
  readonly remedy: string | undefined;
  readonly details: Record<string, unknown>;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** One file to fetch, with its pinned checksum. Sizes in bytes. */
export interface Wheel {
  readonly project: string;
  readonly version: string;
  readonly file: string;
  readonly bytes: number;
  readonly unpackedBytes: number;
  readonly sha256: string;
}

export interface WheelSet {
  readonly kind: 'cpu' | 'cuda';
  readonly wheels: readonly Wheel[];
  /** Folder of the unpacked set inside the cache; another pin gives another name. */
  readonly directoryName: string;
  readonly bytes: number;
  readonly unpackedBytes: number;
}

/** Where the libtorch in use comes from. */
export type LibtorchSource = 'environment' | 'checkout' | 'selected' | 'python' | 'cache';

export interface LibtorchLocation {
  readonly source: LibtorchSource;
  /** The folder with version.py, lib/ and include/ (what LIBTORCH means). */
  readonly torchDir: string;
  /** Its parent, which also holds nvidia/; a PYTHONPATH for CPython 3.11 if it is the CUDA set. */
  readonly siteDir: string;
  /** Such as `2.11.0+cu130`. */
  readonly version: string;
  /** The GPU libraries are all there. */
  readonly cuda: boolean;
  /** The CUDA headers that crates/torch-cuda is compiled against are there. */
  readonly cudaHeaders: boolean;
}

/** How far the set-up is. `done` and `total` are bytes of the whole set in this step (0 for `wait` and `note`). */
export interface SetupProgress {
  readonly step: 'wait' | 'download' | 'verify' | 'unpack' | 'note';
  readonly done: number;
  readonly total: number;
  /** The file at hand, or the text of a note. */
  readonly detail: string;
}

export interface FindOptions {
  readonly env?: Environment;
  /** Root of a source checkout, whose `.libtorch` link is looked at. */
  readonly checkout?: string | undefined;
  /** Only an installation with the GPU libraries will do (LIBTORCH is taken as it is). Default false. */
  readonly cuda?: boolean;
  /** Only one with the CUDA headers will do (LIBTORCH is taken as it is). Default false. */
  readonly cudaHeaders?: boolean;
  /** Ask python3 for an installed torch as well, which takes about 0.1 s. Default true. */
  readonly python?: boolean;
}

/**
 * Finds libtorch 2.11.0 without fetching anything. Looks at LIBTORCH, at the choice that an earlier set-up recorded (the
 * checkout's `.libtorch`, the cache's `selected`), at the torch of python3, at the unpacked sets of the cache.
 * @throws SetupError INVALID_CONFIG if LIBTORCH is set and is not a torch 2.11.0.
 */
export declare function findLibtorch(options?: FindOptions): LibtorchLocation | undefined;

export interface EnsureOptions {
  readonly env?: Environment;
  readonly checkout?: string | undefined;
  /** Whether the GPU libraries are needed. Default: FLC_CUDA=1 or 0, else whether a fitting NVIDIA driver is present. */
  readonly cuda?: boolean | undefined;
  /** The CUDA part will be compiled, which takes the CUDA headers as well. Default false. */
  readonly forBuild?: boolean;
  /** A folder made by `downloadWheels` on a connected machine; nothing is fetched then. */
  readonly from?: string | undefined;
  readonly onProgress?: ((progress: SetupProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds libtorch 2.11.0 or provides it, and records the choice. Two processes may do this at once; an interrupted set-up goes
 * on where it stopped.
 * @throws SetupError with a remedy: platform, glibc, disk space, python3, pip, driver, network, checksum.
 */
export declare function ensureLibtorch(options?: EnsureOptions): Promise<LibtorchLocation>;

export interface DownloadOptions {
  readonly to: string;
  readonly env?: Environment;
  readonly cuda?: boolean | undefined;
  readonly onProgress?: ((progress: SetupProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Fetches the wheels of a set into a folder, for an isolated machine; files that are there and right are kept. */
export declare function downloadWheels(options: DownloadOptions): Promise<WheelSet>;

/** Makes `<checkout>/.libtorch` point at the chosen site folder, where Cargo's LIBTORCH setting looks. */
export declare function linkCheckout(checkout: string, location: LibtorchLocation): void;

export interface PlatformProblem {
  readonly code: SetupErrorCode;
  readonly message: string;
  readonly remedy: string;
}

export interface PlatformFacts {
  readonly platform: string;
  readonly arch: string;
  /** Undefined where the C library is not glibc. */
  readonly glibc: string | undefined;
  readonly node: string;
  readonly python: { readonly version: string; readonly pip: string | undefined } | undefined;
  /** Undefined where no NVIDIA driver was found. */
  readonly nvidia:
    | { readonly driver: string | undefined; readonly computeCapabilities: readonly string[] }
    | undefined;
  /** Total main memory, bytes. */
  readonly memoryBytes: number;
  /** The per-user cache folder and the bytes free on its disk. */
  readonly cacheDir: string;
  readonly freeBytes: number;
}

/** What this machine is; never throws. */
export declare function describePlatform(env?: Environment): PlatformFacts;

/** What is in the way of a set-up here: empty if nothing. `bytes` is the space that it will take. */
export declare function platformProblems(
  facts: PlatformFacts,
  need: {
    readonly cuda: boolean;
    readonly pip: boolean;
    readonly bytes: number;
  },
): PlatformProblem[];

/** FLC_CUDA=1 or 0, else whether an NVIDIA driver that CUDA 13 works with is present. */
export declare function wantsCuda(env: Environment, facts: PlatformFacts): boolean;

/** The cache of this user: FLC_HOME, else $XDG_CACHE_HOME/flc-native, else ~/.cache/flc-native. */
export declare function cacheDir(env?: Environment): string;

/** `2.11.0` */
export declare const torchVersion: string;

export declare function wheelSet(kind: 'cpu' | 'cuda'): WheelSet;
