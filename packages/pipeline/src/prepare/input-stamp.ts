import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { FlcError } from '@flc-native/errors';
import type { CaseInput } from '../case/case-job.js';
import { ioError } from '../storage/atomic-file.js';
import type { InputStamp } from './prepared-format.js';

/** Size and time of an input, cheap to ask for. */
export type QuickStamp = Omit<InputStamp, 'sha256'>;

export async function quickStamp({ role, file }: CaseInput): Promise<QuickStamp> {
  try {
    const { size, mtimeNs } = await stat(file, { bigint: true });
    return { role, bytes: Number(size), mtime: String(mtimeNs) };
  } catch (cause) {
    throw ioError(`${role}: the file cannot be read`, file, cause);
  }
}

/** SHA-256 of the bytes of a file. IO_ERROR; DATA_ERROR for what is no regular file. */
export async function hashFile(input: CaseInput): Promise<InputStamp> {
  const quick = await quickStamp(input);
  if (!(await stat(input.file)).isFile()) {
    throw new FlcError('DATA_ERROR', `${input.role}: not a regular file`, {
      details: { file: input.file },
    });
  }
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(input.file, { highWaterMark: 1 << 20 }), hash);
  } catch (cause) {
    throw ioError(`${input.role}: the file cannot be read`, input.file, cause);
  }
  return { ...quick, sha256: hash.digest('hex') };
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
