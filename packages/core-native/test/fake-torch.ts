import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'flc-setup-'));
}

export function plant(file: string, content: string | Uint8Array = ''): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

export interface FakeTorch {
  readonly version?: string;
  /** Also the GPU libraries and headers. */
  readonly cuda?: boolean;
}

/** Plants empty files under the names that an unpacked torch has; returns its torch folder. */
export function plantTorch(site: string, options: FakeTorch = {}): string {
  const { version = '2.11.0+cu130', cuda = false } = options;
  const torch = join(site, 'torch');
  plant(
    join(torch, 'version.py'),
    `from typing import Optional\n\n__version__ = '${version}'\ncuda: Optional[str] = '13.0'\n`,
  );
  plant(join(torch, 'lib', 'libtorch_cpu.so'));
  plant(join(torch, 'lib', 'libc10.so'));
  if (cuda) {
    plant(join(torch, 'lib', 'libtorch_cuda.so'));
    plant(join(site, 'nvidia', 'cudnn', 'lib', 'libcudnn.so.9'));
    for (const header of ['cuda_runtime.h', 'crt/host_config.h', 'cccl/cuda/std/complex']) {
      plant(join(site, 'nvidia', 'cu13', 'include', header));
    }
  }
  return torch;
}

/** A folder for PATH whose python3 says that torch is at `torchDir`. */
export function plantPython(folder: string, torchDir: string | undefined): string {
  const origin = torchDir === undefined ? '' : join(torchDir, '__init__.py');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'python3'), `#!/bin/sh\necho '${origin}'\n`, { mode: 0o755 });
  return folder;
}
