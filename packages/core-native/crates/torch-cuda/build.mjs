/**
 * Compiles `libflc_torch_cuda.so` against the CUDA wheels; without their headers it says so and leaves it out, and the addon then
 * works without it. `node build.mjs OUTPUT_DIRECTORY`
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLibtorch } from '../../setup/index.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const checkout = join(here, '..', '..', '..', '..');
const source = join(here, 'cpp', 'cuda_object.cpp');
const [output = '.'] = process.argv.slice(2);
const target = join(output, 'libflc_torch_cuda.so');

const libtorch = findLibtorch({ checkout });
if (libtorch === undefined || !libtorch.cudaHeaders) {
  process.stderr.write(
    'CUDA part: left out, libtorch here has no CUDA headers (`npm run setup -- --cuda` fetches them)\n',
  );
} else if (!isCurrent()) {
  build(libtorch);
}

/** Newer than what it is made of. */
function isCurrent() {
  if (!existsSync(target)) return false;
  const built = statSync(target).mtimeMs;
  const made = [source, fileURLToPath(import.meta.url), join(libtorch.torchDir, 'version.py')];
  return made.every((file) => statSync(file).mtimeMs < built);
}

/** @param {{ torchDir: string, siteDir: string }} libtorch */
function build({ torchDir, siteDir }) {
  mkdirSync(output, { recursive: true });
  const nvidia = join(siteDir, 'nvidia');
  // In this order, and no other include folder of the wheels: they carry headers that shadow the system's.
  const headers = ['cu13/include', 'cu13/include/cccl', 'cudnn/include', 'nccl/include'];
  const temporary = `${target}.${process.pid}`;
  const compiler = process.env.CXX ?? 'g++';
  const { status, error } = spawnSync(
    compiler,
    [
      '-std=c++17',
      '-O2',
      '-fPIC',
      '-shared',
      '-DUSE_C10D_NCCL',
      '-DUSE_DISTRIBUTED',
      `-I${join(torchDir, 'include')}`,
      `-I${join(torchDir, 'include/torch/csrc/api/include')}`,
      ...headers.flatMap((folder) => ['-isystem', join(nvidia, folder)]),
      source,
      '-o',
      temporary,
      `-L${join(torchDir, 'lib')}`,
      '-Wl,--no-as-needed',
      '-ltorch_cuda',
      '-lc10_cuda',
      '-ltorch_cpu',
      '-lc10',
      '-Wl,--allow-shlib-undefined',
    ],
    { stdio: 'inherit' },
  );
  if (status !== 0) {
    process.stderr.write(
      `CUDA part: ${compiler} failed${error === undefined ? '' : `: ${error.message}`}\n`,
    );
    process.exit(1);
  }
  renameSync(temporary, target);
}
