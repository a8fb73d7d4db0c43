import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheDir } from './cache-dir.mjs';
import { isIntact } from './checksum.mjs';
import { findLibtorch, inspect, recordSelection } from './find-libtorch.mjs';
import { installWheels } from './install-wheels.mjs';
import { withLock } from './lock.mjs';
import { pipDownload } from './pip-download.mjs';
import { describePlatform, platformProblems, wantsCuda } from './platform.mjs';
import { SetProgress } from './set-progress.mjs';
import { SetupError } from './setup-error.mjs';
import { wheelSet } from './wheel-set.mjs';

/** Left free beside what is written. */
const spareBytes = 500e6;

/**
 * @param {import('./index.d.mts').EnsureOptions} [options]
 * @returns {Promise<import('./index.d.mts').LibtorchLocation>}
 */
export async function ensureLibtorch(options = {}) {
  const { env = process.env, checkout, from, onProgress, signal } = options;
  const facts = describePlatform(env);
  const cuda = options.cuda ?? wantsCuda(env, facts);
  const need = { env, checkout, cuda, cudaHeaders: cuda && options.forBuild === true };
  throwFirst(platformProblems(facts, { cuda: false, pip: false, bytes: 0 }));
  const found = findLibtorch(need);
  if (found !== undefined) {
    if (found.source !== 'environment') recordIfPossible(env, found);
    return found;
  }

  const set = wheelSet(cuda ? 'cuda' : 'cpu');
  const seed = join(facts.cacheDir, wheelSet('cpu').directoryName);
  const seeded = cuda && existsSync(seed);
  const largest = Math.max(...set.wheels.map((wheel) => wheel.bytes));
  const bytes =
    set.unpackedBytes - (seeded ? wheelSet('cpu').unpackedBytes : 0) + largest + spareBytes;
  makeFolder(facts.cacheDir);
  const lock = join(facts.cacheDir, 'setup.lock');
  const onWait = () => note(onProgress, 'wait', 'another set-up is at work; waiting for it');
  return withLock(lock, { onWait, signal }, async () => {
    // The other set-up may have done it all, or a part whose space must not be asked for twice.
    const site = join(facts.cacheDir, set.directoryName);
    if (!existsSync(site)) {
      const unpacked = existsSync(`${site}.partial`);
      const needed = { cuda, pip: from === undefined, bytes: unpacked ? spareBytes : bytes };
      throwFirst(platformProblems(facts, needed));
      await installWheels(set, {
        home: facts.cacheDir,
        from: from === undefined ? undefined : resolve(from),
        seed: seeded ? seed : undefined,
        env,
        onProgress,
        signal,
      });
    }
    const location = inspect(join(site, 'torch'), 'cache');
    if (location === undefined) {
      throw new SetupError('IO_ERROR', `${site} is damaged`, {
        remedy: `delete ${site} and run this again`,
        details: { file: site },
      });
    }
    recordSelection(env, location);
    return location;
  });
}

/**
 * @param {import('./index.d.mts').DownloadOptions} options
 * @returns {Promise<import('./index.d.mts').WheelSet>}
 */
export async function downloadWheels({ to, env = process.env, onProgress, signal, ...options }) {
  const folder = resolve(to);
  const facts = describePlatform(env);
  const set = wheelSet((options.cuda ?? wantsCuda(env, facts)) ? 'cuda' : 'cpu');
  makeFolder(folder);
  const missing = [];
  for (const wheel of set.wheels) {
    const file = join(folder, wheel.file);
    if (!existsSync(file) || !(await isIntact(file, wheel))) missing.push(wheel);
  }
  // This machine only fetches: its system, glibc and GPU need not be those of the isolated one.
  if (facts.python?.pip === undefined) {
    throw new SetupError('INVALID_CONFIG', 'python3 with pip was not found', {
      remedy: 'sudo apt-get install -y python3 python3-pip',
    });
  }
  const progress = new SetProgress(missing, onProgress);
  for (const wheel of missing) {
    await pipDownload([wheel], folder, { env, signal, onBytes: progress.ofDownload([wheel]) });
    progress.finish(wheel);
  }
  return set;
}

/** @param {readonly import('./index.d.mts').PlatformProblem[]} problems */
function throwFirst(problems) {
  const [first] = problems;
  if (first !== undefined)
    throw new SetupError(first.code, first.message, { remedy: first.remedy });
}

/**
 * @param {import('./index.d.mts').EnsureOptions['onProgress']} onProgress
 * @param {'wait' | 'note'} step
 * @param {string} detail
 */
function note(onProgress, step, detail) {
  onProgress?.({ step, done: 0, total: 0, detail });
}

/**
 * The record only saves a later process the search, so a read-only home is no failure.
 *
 * @param {import('./index.d.mts').Environment} env
 * @param {import('./index.d.mts').LibtorchLocation} location
 */
function recordIfPossible(env, location) {
  try {
    mkdirSync(cacheDir(env), { recursive: true });
    recordSelection(env, location);
  } catch {
    // Found again by the same search.
  }
}

/** @param {string} folder */
function makeFolder(folder) {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SetupError('IO_ERROR', `cannot make the folder ${folder}`, {
      remedy: 'make it writable, or let FLC_HOME name another folder',
      details: { file: folder },
      cause,
    });
  }
}
