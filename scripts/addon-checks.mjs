import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What an addon must not need when it is loaded. core-native's serves hosts without a GPU: CUDA is found at run time, and the
 * umbrella libtorch.so would bring it in. imaging's must load where no libtorch is.
 */
const cudaLibrary =
  /^lib(?:torch\.so|cuda|cudart|torch_cuda|c10_cuda|cublas|cudnn|cufft|cusparse|cusolver|curand|cupti|nccl|nvrtc|nvshmem|nvJitLink|caffe2_nvrtc)/;
const addons = [
  { folder: 'packages/core-native/native', refused: cudaLibrary },
  { folder: 'packages/imaging/native', refused: /^lib(?:torch|c10|cuda|nccl)|^libshm/ },
];

/**
 * @param {string} root of the repository
 * @returns {{ name: string, problem: string | undefined }[]} one entry per check
 */
export function checkAddons(root) {
  return addons.flatMap(({ folder, refused }) => {
    const files = existsSync(join(root, folder))
      ? readdirSync(join(root, folder)).filter((file) => file.endsWith('.node'))
      : [];
    return [
      { name: `${folder}: libraries needed`, problem: checkNeeded(root, folder, files, refused) },
      { name: `${folder}: types are what the build generates`, problem: checkTypes(root, folder) },
    ];
  });
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {readonly string[]} files
 * @param {RegExp} refused
 */
function checkNeeded(root, folder, files, refused) {
  if (files.length === 0) return 'no addon was built';
  for (const file of files) {
    const readelf = spawnSync('readelf', ['-d', '-W', join(root, folder, file)], {
      encoding: 'utf8',
    });
    if (readelf.status !== 0)
      return 'readelf failed or is missing: sudo apt-get install -y binutils';
    const wrong = neededLibraries(readelf.stdout).filter((library) => refused.test(library));
    if (wrong.length > 0) return `${file} needs ${wrong.join(', ')}`;
  }
  return undefined;
}

/** @param {string} dynamicSection output of `readelf -d` */
export function neededLibraries(dynamicSection) {
  return [...dynamicSection.matchAll(/\(NEEDED\).*\[([^\]]+)\]/g)].map(
    ([, library]) => library ?? '',
  );
}

/**
 * @param {string} root
 * @param {string} folder
 */
function checkTypes(root, folder) {
  const git = (/** @type {string[]} */ ...args) =>
    execFileSync('git', [...args, '--', `${folder}/index.d.ts`, `${folder}/index.d.cts`], {
      cwd: root,
      encoding: 'utf8',
    }).trim();
  const file = git('ls-files');
  if (file === '') return 'no index.d.ts is in git';
  return git('diff', '--stat') === '' ? undefined : `the build changed ${file}; commit it`;
}
