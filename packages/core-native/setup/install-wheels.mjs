import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verifyWheel } from './checksum.mjs';
import { pipDownload } from './pip-download.mjs';
import { runCommand } from './run-command.mjs';
import { SetProgress } from './set-progress.mjs';
import { SetupError } from './setup-error.mjs';

/** @typedef {import('./index.d.mts').Wheel} Wheel */
/** @typedef {import('./index.d.mts').WheelSet} WheelSet */

/**
 * @typedef {object} InstallOptions
 * @property {string} home the cache folder; the caller holds its lock
 * @property {string | undefined} [from] a folder that holds the wheels
 * @property {string | undefined} [seed] an unpacked set of the same pins, whose files are shared by hard links
 * @property {import('./index.d.mts').Environment} env
 * @property {((progress: import('./index.d.mts').SetupProgress) => void) | undefined} [onProgress]
 * @property {AbortSignal | undefined} [signal]
 * @property {typeof pipDownload} [download]
 */

const unpackScript = fileURLToPath(new URL('./unpack.py', import.meta.url));
const downloadPrefix = 'download-';

/** Wheels of one pip call: few calls, but never much more than this lies packed and unpacked on the disk at once. */
const batchBytes = 200e6;

/**
 * Puts a set into `home/<directoryName>`. The folder appears complete or not at all; wheels that an interrupted set-up has
 * unpacked are not fetched again.
 *
 * @param {WheelSet} set
 * @param {InstallOptions} options
 * @returns {Promise<string>} the site folder
 */
export async function installWheels(set, options) {
  const { home, from, seed, env, signal } = options;
  const site = join(home, set.directoryName);
  if (existsSync(site)) return site;
  removeOldDownloads(home);

  const partial = `${site}.partial`;
  if (seed !== undefined && !existsSync(partial)) await linkTree(seed, partial, options);
  mkdirSync(join(partial, stampFolder), { recursive: true });

  const missing = set.wheels.filter((wheel) => !existsSync(stampOf(partial, wheel)));
  if (from !== undefined) requireWheels(missing, from);
  const progress = new SetProgress(missing, options.onProgress);
  for (const batch of batches(missing)) {
    const folder = from ?? mkdtempSync(join(home, downloadPrefix));
    try {
      if (from === undefined) {
        const onBytes = progress.ofDownload(batch);
        await (options.download ?? pipDownload)(batch, folder, { env, onBytes, signal });
      }
      for (const wheel of batch) {
        const file = join(folder, wheel.file);
        progress.verify(wheel);
        await verifyWheel(file, wheel);
        await unpack(file, partial, options, (bytes) => progress.unpack(wheel, bytes));
        writeFileSync(stampOf(partial, wheel), '');
        progress.finish(wheel);
      }
    } finally {
      if (from === undefined) rmSync(folder, { recursive: true, force: true });
    }
  }
  renameSync(partial, site);
  return site;
}

const stampFolder = '.unpacked-wheels';

/**
 * @param {string} site
 * @param {Wheel} wheel
 */
function stampOf(site, wheel) {
  return join(site, stampFolder, wheel.sha256);
}

/**
 * Splits wheels, in order, into groups of about `batchBytes`.
 *
 * @param {readonly Wheel[]} wheels
 */
export function batches(wheels) {
  /** @type {Wheel[][]} */
  const groups = [];
  let bytes = Infinity;
  for (const wheel of wheels) {
    if (bytes + wheel.bytes > batchBytes) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(wheel);
    bytes += wheel.bytes;
  }
  return groups;
}

/**
 * @param {string} file
 * @param {string} folder
 * @param {InstallOptions} options
 * @param {(bytes: number) => void} onBytes
 */
async function unpack(file, folder, { env, signal }, onBytes) {
  onBytes(0);
  const run = await runCommand('python3', ['-I', '-S', unpackScript, file, folder], {
    env,
    signal,
    onLine: (line) => onBytes(Number(line)),
  });
  if (run.status !== 0) {
    throw new SetupError(
      'IO_ERROR',
      `cannot unpack ${file}: ${run.stderr.trim().split('\n').at(-1)}`,
      {
        remedy: 'check the free space and the permissions of the cache folder, then run this again',
        details: { file, folder },
      },
    );
  }
}

/**
 * @param {string} from
 * @param {string} to
 * @param {InstallOptions} options
 */
async function linkTree(from, to, { env, signal }) {
  const fresh = `${to}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  const run = await runCommand('cp', ['-al', from, fresh], { env, signal });
  // Without hard links (some file systems) the wheels are simply fetched again.
  if (run.status === 0) renameSync(fresh, to);
  else rmSync(fresh, { recursive: true, force: true });
}

/**
 * @param {readonly Wheel[]} wheels
 * @param {string} from
 */
function requireWheels(wheels, from) {
  const absent = wheels.filter((wheel) => !existsSync(join(from, wheel.file)));
  if (absent.length === 0) return;
  throw new SetupError(
    'IO_ERROR',
    `${from} lacks ${absent.map((wheel) => wheel.file).join(', ')}`,
    {
      remedy:
        'fill the folder with "flc-native setup --download" of this version, with the GPU libraries if they are wanted here',
      details: { file: from },
    },
  );
}

/** @param {string} home what a killed set-up left behind; the lock says that none is running */
function removeOldDownloads(home) {
  for (const name of readdirSync(home)) {
    if (name.startsWith(downloadPrefix)) rmSync(join(home, name), { recursive: true, force: true });
  }
}
