import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { SetupError } from './setup-error.mjs';

/**
 * @param {string} file
 * @param {import('./index.d.mts').Wheel} wheel
 */
export async function isIntact(file, wheel) {
  return (await sha256(file)) === wheel.sha256;
}

/**
 * @param {string} file
 * @param {import('./index.d.mts').Wheel} wheel
 */
export async function verifyWheel(file, wheel) {
  const got = await sha256(file);
  if (got === wheel.sha256) return;
  throw new SetupError(
    'DATA_ERROR',
    `${file} is not the pinned ${wheel.project} ${wheel.version}: wrong sha256`,
    {
      remedy: 'delete the file and fetch it again',
      details: { file, expected: wheel.sha256, got },
    },
  );
}

/** @param {string} file */
async function sha256(file) {
  const digest = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), digest);
  } catch (cause) {
    throw new SetupError('IO_ERROR', `cannot read ${file}`, { details: { file }, cause });
  }
  return digest.digest('hex');
}
