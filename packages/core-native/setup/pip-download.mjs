import { lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.mjs';
import { SetupError } from './setup-error.mjs';
import { pythonVersion } from './wheel-set.mjs';

/** @typedef {import('./index.d.mts').Wheel} Wheel */

// All tags that glibc 2.34 satisfies and one of the wheels carries; pip takes none of them for granted.
const platformTags = [
  'manylinux_2_28',
  'manylinux_2_27',
  'manylinux_2_25',
  'manylinux_2_24',
  'manylinux_2_18',
  'manylinux_2_17',
  'manylinux2014',
  'manylinux2010',
  'manylinux1',
].map((tag) => `${tag}_x86_64`);

/**
 * Fetches wheels with pip, whose configuration knows the proxies and mirrors of the place. pip refuses a wheel whose checksum
 * is not the pinned one.
 *
 * @param {readonly Wheel[]} wheels
 * @param {string} to an existing folder
 * @param {{
 *   env: import('./index.d.mts').Environment,
 *   onBytes: (bytes: number) => void,
 *   signal?: AbortSignal | undefined,
 * }} options `onBytes` gets the bytes of this call that have come so far
 */
export async function pipDownload(wheels, to, { env, onBytes, signal }) {
  const scratch = join(to, '.pip');
  mkdirSync(scratch, { recursive: true });
  const requirements = join(scratch, 'requirements.txt');
  writeFileSync(
    requirements,
    wheels.map((w) => `${w.project}==${w.version} --hash=sha256:${w.sha256}\n`).join(''),
  );
  const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:'];
  args.push('--python-version', pythonVersion, '--implementation', 'cp');
  for (const tag of platformTags) args.push('--platform', tag);
  args.push('--disable-pip-version-check', '--no-input', '--no-cache-dir', '--progress-bar', 'off');
  args.push('--retries', '3', '--dest', to, '--requirement', requirements);

  const before = folderBytes(to);
  const total = wheels.reduce((bytes, wheel) => bytes + wheel.bytes, 0);
  const report = () => onBytes(Math.min(total, Math.max(0, folderBytes(to) - before)));
  const timer = setInterval(report, 1000);
  try {
    // pip streams into TMPDIR: inside our folder its bytes can be counted and the disk is the one that was checked.
    const run = await runCommand('python3', args, { env: { ...env, TMPDIR: scratch }, signal });
    if (run.status !== 0) throw pipError(wheels, run.stderr);
  } finally {
    clearInterval(timer);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * @param {readonly Wheel[]} wheels
 * @param {string} stderr
 */
function pipError(wheels, stderr) {
  const lines = stderr.split('\n').map((line) => line.trim());
  const names = wheels.map((wheel) => `${wheel.project}==${wheel.version}`).join(' ');
  const details = { wheels: names, pip: stderr.slice(-4000) };
  if (stderr.includes('DO NOT MATCH THE HASHES')) {
    return new SetupError('DATA_ERROR', `what pip fetched for ${names} has the wrong sha256`, {
      remedy: 'check the package mirror that pip is configured for, then run this again',
      details,
    });
  }
  if (stderr.includes('No space left on device')) {
    return new SetupError('IO_ERROR', `the disk is full: pip could not store ${names}`, {
      remedy: 'free some space, or let FLC_HOME name a folder on a larger disk',
      details,
    });
  }
  const unreachable = lines.find((line) =>
    /NewConnectionError|Max retries|timed out|ProxyError/.test(line),
  );
  const reason =
    unreachable === undefined
      ? (lines.find((line) => line.startsWith('ERROR:'))?.slice('ERROR: '.length) ??
        'unknown reason')
      : 'the package index cannot be reached';
  return new SetupError('IO_ERROR', `pip could not fetch ${names}: ${reason}`, {
    remedy:
      'check the network and pip\'s proxy settings; without a network: "flc-native setup --download DIR" on a ' +
      'connected machine, carry DIR over, "flc-native setup --from DIR" here',
    details,
  });
}

/**
 * @param {string} folder
 * @returns {number}
 */
function folderBytes(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    try {
      bytes += entry.isDirectory() ? folderBytes(path) : lstatSync(path).size;
    } catch {
      // pip moves its files while we look.
    }
  }
  return bytes;
}
