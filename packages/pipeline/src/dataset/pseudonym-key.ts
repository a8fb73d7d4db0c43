import { randomBytes } from 'node:crypto';
import { chmod, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FlcError } from '@flc-native/errors';
import { ioError } from '../storage/atomic-file.js';
import { makeFolder } from '../storage/make-folder.js';

const keyBytes = 32;
/** Shorter secrets can be tried out. */
const leastBytes = 16;
const mostBytes = 4096;

/**
 * Reads the secret key of pseudonyms: 64 hex digits as {@link createPseudonymKey} writes them, or
 * any other content of 16 bytes or more. IO_ERROR, INVALID_CONFIG.
 */
export async function readPseudonymKey(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    const content = size <= mostBytes ? await readFile(file) : Buffer.alloc(0);
    const text = content.toString('latin1').trim();
    if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
    if (Buffer.byteLength(text, 'latin1') >= leastBytes) return Buffer.from(text, 'latin1');
  } catch (cause) {
    const error = ioError('reading the pseudonym key failed', file, cause);
    throw new FlcError(error.code, error.message, {
      details: error.details,
      remedy:
        'restore the key from your copy: with another key all pseudonyms change; without one take pseudonymKey out of dataset.yaml',
      cause,
    });
  }
  throw new FlcError('INVALID_CONFIG', 'the pseudonym key is too short or no key file', {
    details: { file, least: leastBytes, largest: mostBytes },
    remedy: 'give a file of 64 random hex digits',
  });
}

/**
 * Writes a new random key that only the owner may read (mode 0600), or leaves the file that is
 * there; returns the key. IO_ERROR.
 */
export async function createPseudonymKey(file: string): Promise<Uint8Array> {
  try {
    await makeFolder(dirname(file));
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(`${randomBytes(keyBytes).toString('hex')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // The mode of open() is cut by the umask, never widened; this is for odd file systems.
    await chmod(file, 0o600).catch(() => undefined);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw ioError('writing the pseudonym key failed', file, cause);
    }
  }
  return readPseudonymKey(file);
}
