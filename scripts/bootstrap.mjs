import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureLibtorch, linkCheckout } from '../packages/core-native/setup/index.mjs';
import { checkPrerequisites } from './prerequisites.mjs';
import { reportProgress } from './setup-progress.mjs';
import { bin, root, run, Stop, say } from './terminal.mjs';

/**
 * All that a fresh clone needs, and only what is not there yet: npm packages, libtorch, the compiled packages.
 *
 * @param {{ cuda?: boolean | undefined }} [options] `cuda`: with the GPU libraries; default: if a fitting driver is present
 * @returns {Promise<{ built: boolean }>} `built` is false if the packages do not compile
 * @throws Stop with one line and its remedy
 */
export async function bootstrap({ cuda } = {}) {
  const { found, missing } = checkPrerequisites();
  if (missing.length > 0) throw new Stop(missing.join('\n'));
  say(`prerequisites: ${found.join(', ')}`);
  await installPackages();
  const libtorch = await provideLibtorch(cuda);
  return { built: await build(libtorch) };
}

async function installPackages() {
  const lockFile = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.flc-lock-hash');
  if (readIfThere(stamp) === lockFile) return say('npm packages: up to date');
  say('npm packages: installing (npm ci)');
  const { status } = await run('npm', ['ci', '--no-audit', '--no-fund']);
  if (status !== 0) {
    throw new Stop(
      "npm ci failed (see above); check the network and npm's proxy settings, then run this again",
    );
  }
  writeFileSync(stamp, lockFile);
  say('npm packages: done');
}

/** @param {boolean | undefined} cuda */
async function provideLibtorch(cuda) {
  try {
    const onProgress = reportProgress((text) => say(`libtorch: ${text}`));
    const found = await ensureLibtorch({ checkout: root, cuda, forBuild: true, onProgress });
    // LIBTORCH set by the user goes before the link anyway, and may be gone with the next command.
    if (found.source !== 'environment' && found.source !== 'checkout') linkCheckout(root, found);
    say(
      `libtorch: ${found.version} ${found.cuda ? 'with' : 'without'} the GPU libraries, in ${found.siteDir}`,
    );
    return found;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'SetupError') throw error;
    const { remedy } = /** @type {import('../packages/core-native/setup/index.mjs').SetupError} */ (
      error
    );
    throw new Stop(`libtorch: ${error.message}${remedy === undefined ? '' : `; ${remedy}`}`);
  }
}

/** @param {import('../packages/core-native/setup/index.mjs').LibtorchLocation} libtorch */
async function build(libtorch) {
  say('build: what has changed (the first time takes minutes)');
  const rustc = spawnSync('rustc', ['--version'], { encoding: 'utf8' }).stdout?.trim();
  // Part of the hash by which turbo knows whether the addons are up to date (turbo.json).
  const identity = `${rustc}; torch ${libtorch.version}; cuda headers: ${libtorch.cudaHeaders}`;
  const { status } = await run(
    bin('turbo'),
    [
      'run',
      'build:native',
      'build',
      '--output-logs=new-only',
      '--ui=stream',
      '--no-update-notifier',
    ],
    { env: { FLC_BUILD_IDENTITY: identity } },
  );
  say(status === 0 ? 'build: done' : 'build: failed (see above)');
  return status === 0;
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    const { built } = await bootstrap();
    process.exitCode = built ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
