/**
 * Compiles cpp/ to `libflc_torch_cuda.so` against the CUDA wheels; without their headers it says so and leaves it out, and the addon
 * then works without it. Only what changed is compiled again. `node build.mjs OUTPUT_DIRECTORY`
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findLibtorch } from '../../setup/index.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const checkout = join(here, '..', '..', '..', '..');
const [output = '.'] = process.argv.slice(2);
const target = join(output, 'libflc_torch_cuda.so');
const objectDir = join(process.env.CARGO_TARGET_DIR ?? join(checkout, 'target'), 'torch-cuda');
const compiler = process.env.CXX ?? 'g++';

const flags = [
  '-std=c++17',
  '-O2',
  '-fPIC',
  '-Wall',
  '-Wextra',
  '-DUSE_C10D_NCCL',
  '-DUSE_DISTRIBUTED',
];
const libraries = [
  '-Wl,--no-as-needed',
  ...['-ltorch_cuda', '-lc10_cuda', '-ltorch_cpu', '-lc10'],
  '-Wl,--allow-shlib-undefined',
];

const libtorch = findLibtorch({ checkout });
if (libtorch === undefined || !libtorch.cudaHeaders) {
  process.stderr.write(
    'CUDA part: left out, libtorch here has no CUDA headers (`npm run setup -- --cuda` fetches them)\n',
  );
} else {
  await build(libtorch).catch((error) => {
    process.stderr.write(`CUDA part: ${error.message}\n`);
    process.exitCode = 1;
  });
}

/** @param {{ torchDir: string, siteDir: string }} libtorch */
async function build({ torchDir, siteDir }) {
  const files = listFiles(join(here, 'cpp'));
  const shared = [
    ...[...files, ...listFiles(join(here, 'cuda'))].filter((file) => file.endsWith('.h')),
    ...listFiles(join(here, '..', 'torch-ext', 'cpp')).filter((file) =>
      file.endsWith('boundary.h'),
    ),
    fileURLToPath(import.meta.url),
    join(torchDir, 'version.py'),
  ];
  mkdirSync(objectDir, { recursive: true });
  const units = files
    .filter((file) => file.endsWith('.cpp'))
    .map((source) => ({ source, object: join(objectDir, `${basename(source, '.cpp')}.o`) }));
  const headers = includes(torchDir, siteDir);
  const stale = units.filter(({ source, object }) => !isNewer(object, [source, ...shared]));
  const compile = async () => {
    for (let unit = stale.pop(); unit !== undefined; unit = stale.pop()) {
      await make(unit.object, [...flags, ...headers, '-c', unit.source]);
    }
  };
  const jobs = Number(process.env.CARGO_BUILD_JOBS) || availableParallelism();
  await Promise.all(Array.from({ length: jobs }, compile));

  const objects = units.map(({ object }) => object);
  if (isNewer(target, objects)) return;
  mkdirSync(output, { recursive: true });
  await make(target, ['-shared', ...objects, `-L${join(torchDir, 'lib')}`, ...libraries]);
}

/**
 * In this order, and no other include folder of the wheels: they carry headers that shadow the system's.
 *
 * @param {string} torchDir
 * @param {string} siteDir
 */
function includes(torchDir, siteDir) {
  const nvidia = ['cu13/include', 'cu13/include/cccl', 'cudnn/include', 'nccl/include'];
  return [
    join(torchDir, 'include'),
    join(torchDir, 'include/torch/csrc/api/include'),
    ...nvidia.map((folder) => join(siteDir, 'nvidia', folder)),
  ].flatMap((folder) => ['-isystem', folder]);
}

/**
 * Runs the compiler; a file that is there is complete.
 *
 * @param {string} file
 * @param {string[]} args
 */
async function make(file, args) {
  const temporary = `${file}.${process.pid}`;
  await new Promise((fulfil, reject) => {
    const child = spawn(compiler, [...args, '-o', temporary], { stdio: 'inherit' });
    child.once('error', (error) => reject(new Error(`${compiler} failed: ${error.message}`)));
    child.once('close', (status) =>
      status === 0
        ? fulfil(undefined)
        : reject(new Error(`${compiler} failed on ${basename(file)}`)),
    );
  });
  renameSync(temporary, file);
}

/**
 * @param {string} file
 * @param {string[]} made what it is made of
 */
function isNewer(file, made) {
  if (!existsSync(file)) return false;
  const built = statSync(file).mtimeMs;
  return made.every((part) => statSync(part).mtimeMs < built);
}

/** @param {string} folder */
function listFiles(folder) {
  return readdirSync(folder).map((name) => resolve(folder, name));
}
