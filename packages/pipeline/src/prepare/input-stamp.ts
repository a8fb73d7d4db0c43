import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { FlcError } from '@flc-native/errors';
import type { CaseInput } from '../case/case-job.js';
import { inputStack, sourceFiles } from '../case/read-input.js';
import { ioError } from '../storage/atomic-file.js';
import type { InputStamp } from './prepared-format.js';

/** Size and time of an input, cheap to ask for; of a DICOM folder those of all its files. */
export type QuickStamp = Omit<InputStamp, 'sha256'>;

export async function quickStamp(input: CaseInput): Promise<QuickStamp> {
  const { role, file, source } = input;
  try {
    if (source !== undefined) return await folderStamp(role, await sourceFiles(file));
    const { size, mtimeNs } = await stat(file, { bigint: true });
    return { role, bytes: Number(size), mtime: String(mtimeNs) };
  } catch (cause) {
    if (cause instanceof FlcError) throw aboutRole(cause, input);
    throw ioError(`${role}: the file cannot be read`, file, cause);
  }
}

/** Sum of the sizes, and a hash of sizes and times: a file added, removed or changed shows. */
async function folderStamp(role: string, files: readonly string[]): Promise<QuickStamp> {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const file of files) {
    const { size, mtimeNs } = await stat(file, { bigint: true });
    bytes += Number(size);
    hash.update(`${size} ${mtimeNs}\n`);
  }
  return { role, bytes, mtime: hash.digest('hex').slice(0, 16) };
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
    if (!(await stat(file)).isFile()) {
      throw new FlcError('DATA_ERROR', `${role}: not a regular file`, { details: { file } });
    }
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

/** Whether size and time of every input are those of an earlier run. */
export function sameQuickStamps(
  now: readonly QuickStamp[],
  before: readonly InputStamp[],
): boolean {
  return (
    now.length === before.length &&
    now.every((stamp, i) => {
      const old = before[i] as InputStamp;
      return stamp.role === old.role && stamp.bytes === old.bytes && stamp.mtime === old.mtime;
    })
  );
}
