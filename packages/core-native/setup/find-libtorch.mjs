import { existsSync, readFileSync, realpathSync, renameSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cacheDir } from './cache-dir.mjs';
import { outputLines } from './output-lines.mjs';
import { SetupError } from './setup-error.mjs';
import { torchVersion, wheelSet } from './wheel-set.mjs';

/** @typedef {import('./index.d.mts').Environment} Environment */
/** @typedef {import('./index.d.mts').LibtorchLocation} LibtorchLocation */

/**
 * @param {import('./index.d.mts').FindOptions} [options]
 * @returns {LibtorchLocation | undefined}
 */
export function findLibtorch(options = {}) {
  const { env = process.env, checkout, cuda = false, cudaHeaders = false, python = true } = options;
  const fromEnvironment = readEnvironment(env);
  if (fromEnvironment !== undefined) return fromEnvironment;

  const fits = (/** @type {LibtorchLocation | undefined} */ found) =>
    found !== undefined && (!cuda || found.cuda) && (!cudaHeaders || found.cudaHeaders);
  const cache = cacheDir(env);
  /** @type {(() => LibtorchLocation | undefined)[]} */
  const places = [
    () => (checkout ? inspectSite(join(checkout, '.libtorch'), 'checkout') : undefined),
    () => inspectSite(join(cache, 'selected'), 'selected'),
    () => (python ? findInPython(env) : undefined),
    () => inspectSite(join(cache, wheelSet('cuda').directoryName), 'cache'),
    () => inspectSite(join(cache, wheelSet('cpu').directoryName), 'cache'),
  ];
  for (const place of places) {
    const found = place();
    if (fits(found)) return found;
  }
  return undefined;
}

/**
 * @param {string} checkout
 * @param {LibtorchLocation} location
 */
export function linkCheckout(checkout, location) {
  replaceLink(join(checkout, '.libtorch'), location.siteDir);
}

/**
 * Remembers the choice for a process that starts without a checkout (packages from npm tarballs).
 *
 * @param {Environment} env
 * @param {LibtorchLocation} location
 */
export function recordSelection(env, location) {
  replaceLink(join(cacheDir(env), 'selected'), location.siteDir);
}

/**
 * @param {string} link
 * @param {string} target
 */
function replaceLink(link, target) {
  // Rename is atomic: another process sees the old link or the new one, never none.
  const fresh = `${link}.${process.pid}`;
  try {
    symlinkSync(target, fresh);
    renameSync(fresh, link);
  } catch (cause) {
    throw new SetupError('IO_ERROR', `cannot write the link ${link}`, {
      remedy: 'remove what lies there and make the folder writable',
      details: { file: link },
      cause,
    });
  }
}

/**
 * @param {Environment} env
 * @returns {LibtorchLocation | undefined}
 */
function readEnvironment(env) {
  if (!env.LIBTORCH) return undefined;
  const torchDir = resolve(env.LIBTORCH);
  const details = { variable: 'LIBTORCH', file: torchDir, expected: torchVersion };
  const remedy = `unset LIBTORCH, or let it name the torch folder of an installed torch ${torchVersion}`;
  const version = readVersion(torchDir)?.version;
  if (version === undefined) {
    const inner = existsSync(join(torchDir, 'torch', 'version.py'));
    throw new SetupError(
      'INVALID_CONFIG',
      `LIBTORCH=${torchDir} is not the folder of a torch (no version.py)`,
      {
        remedy: inner ? `set LIBTORCH=${join(torchDir, 'torch')}` : remedy,
        details,
      },
    );
  }
  const found = inspect(torchDir, 'environment');
  if (found === undefined) {
    const message = isRightVersion(version)
      ? `LIBTORCH=${torchDir} lacks lib/libtorch_cpu.so or lib/libc10.so`
      : `LIBTORCH=${torchDir} is torch ${version}, but flc-native is built for torch ${torchVersion}`;
    throw new SetupError('INVALID_CONFIG', message, {
      remedy,
      details: { ...details, got: version },
    });
  }
  return found;
}

/**
 * The torch that python3 would import, found without importing it.
 *
 * @param {Environment} env
 */
function findInPython(env) {
  const code =
    "import importlib.util as u\ns = u.find_spec('torch')\nprint(s.origin if s and s.origin else '')";
  const [origin = ''] = outputLines('python3', ['-c', code], env);
  return origin.endsWith('__init__.py') ? inspect(dirname(origin), 'python') : undefined;
}

/**
 * @param {string} siteDir
 * @param {import('./index.d.mts').LibtorchSource} source
 */
function inspectSite(siteDir, source) {
  return inspect(join(siteDir, 'torch'), source);
}

/**
 * @param {string} torchDir
 * @param {import('./index.d.mts').LibtorchSource} source
 * @returns {LibtorchLocation | undefined} undefined if it is no complete torch of the right version
 */
export function inspect(torchDir, source) {
  const release = readVersion(torchDir);
  if (release === undefined || !isRightVersion(release.version)) return undefined;
  if (!['libtorch_cpu.so', 'libc10.so'].every((file) => existsSync(join(torchDir, 'lib', file)))) {
    return undefined;
  }
  // The link that was followed may be replaced later; the folder behind it stays.
  const realTorchDir = realpathSync(torchDir);
  const siteDir = dirname(realTorchDir);
  const has = (/** @type {string[]} */ ...parts) => existsSync(join(siteDir, ...parts));
  return {
    source,
    torchDir: realTorchDir,
    siteDir,
    version: release.version,
    // cuDNN stands for the whole GPU set, which every installer brings at once or not at all.
    cuda:
      release.cuda !== undefined &&
      has('torch', 'lib', 'libtorch_cuda.so') &&
      (has('nvidia', 'cudnn', 'lib') || has('torch', 'lib', 'libcudnn.so.9')),
    cudaHeaders: ['cuda_runtime.h', 'crt/host_config.h', 'cccl/cuda/std/complex'].every((file) =>
      has('nvidia', 'cu13', 'include', file),
    ),
  };
}

/** @param {string} version such as `2.11.0+cu130` */
function isRightVersion(version) {
  return version.split('+')[0] === torchVersion;
}

/**
 * @param {string} torchDir
 * @returns {{ version: string, cuda: string | undefined } | undefined}
 */
function readVersion(torchDir) {
  let text;
  try {
    text = readFileSync(join(torchDir, 'version.py'), 'utf8');
  } catch {
    return undefined;
  }
  const version = text.match(/^__version__ = '([^']+)'/m)?.[1];
  const cuda = text.match(/^cuda(?:: [^=]+)? = '([^']+)'/m)?.[1];
  return version === undefined ? undefined : { version, cuda };
}
