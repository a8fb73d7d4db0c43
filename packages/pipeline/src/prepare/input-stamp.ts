import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { FlcError } from '@flc-native/errors';
import type { CaseInput } from '../case/case-job.js';
import { inputStack, sourceFiles } from '../case/read-input.js';
import { ioError } from '../storage/atomic-file.js';
import { notAFile } from '../volume/read-volume.js';
import type { InputStamp } from './prepared-format.js';

/** What an input looks like without being read; of a DICOM folder, all its files. */
export type QuickStamp = Omit<InputStamp, 'sha256'>;

export async function quickStamp(input: CaseInput): Promise<QuickStamp> {
  const { role, file, source } = input;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for (const path of source === undefined ? [file] : await sourceFiles(file)) {
      const { size, mtimeNs, ctimeNs, ino } = await statOf(path, source !== undefined);
      bytes += Number(size);
      // Two phases often share size and time: path, inode and time of change tell which file it is.
      hash.update(JSON.stringify([resolve(path), ...[size, mtimeNs, ctimeNs, ino].map(String)]));
    }
  } catch (cause) {
    if (cause instanceof FlcError) throw aboutRole(cause, input);
    throw ioError(`${role}: the file cannot be read`, file, cause);
  }
  return { role, bytes, witness: hash.digest('hex').slice(0, 16) };
}

/** Among the files of a folder may be links that point nowhere. */
function statOf(path: string, inFolder: boolean) {
  const found = stat(path, { bigint: true });
  return inFolder ? found.catch(() => lstat(path, { bigint: true })) : found;
}

/**
 * SHA-256 of the bytes of an input; of a DICOM series those of its files, in the order of the
 * slices, wherever they lie. IO_ERROR; DATA_ERROR for what is no regular file, or no series.
 */
export async function hashFile(input: CaseInput): Promise<InputStamp> {
  const quick = await quickStamp(input);
  const hash = createHash('sha256');
  try {
    for (const file of await contentFiles(input)) await addFile(hash, file, input.role);
  } catch (thrown) {
    throw thrown instanceof FlcError ? aboutRole(thrown, input) : thrown;
  }
  return { ...quick, sha256: hash.digest('hex') };
}

async function contentFiles({ file, source }: CaseInput): Promise<readonly string[]> {
  if (source?.kind !== 'series') return [file];
  return (await inputStack(file, source)).files;
}

async function addFile(hash: Hash, file: string, role: string): Promise<void> {
  try {
    const status = await stat(file);
    if (!status.isFile()) throw notAFile(status);
    // The hash is fed by hand: pipeline() would end it.
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), async (chunks) => {
      for await (const chunk of chunks) hash.update(chunk as Uint8Array);
    });
  } catch (cause) {
    throw cause instanceof FlcError
      ? cause
      : ioError(`${role}: the file cannot be read`, file, cause);
  }
}

function aboutRole(error: FlcError, { role, file }: CaseInput): FlcError {
  if (error.message.startsWith(role)) return error;
  return new FlcError(error.code, `${role}: ${error.message}`, {
    details: { file, ...error.details },
    ...(error.remedy === undefined ? {} : { remedy: error.remedy }),
    cause: error.cause,
  });
}

/** Whether the inputs look as in an earlier run; false too for one that is gone. */
export async function areUntouched(
  inputs: readonly CaseInput[],
  before: readonly InputStamp[],
): Promise<boolean> {
  try {
    const now = await Promise.all(inputs.map(quickStamp));
    const same = ({ role, witness }: QuickStamp, i: number) =>
      role === before[i]?.role && witness === before[i]?.witness;
    return now.length === before.length && now.every(same);
  } catch {
    // The case is done again and reports it.
    return false;
  }
}
